"""Tiny data sets, packed as the owners of the real ones pack them."""

import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile

import numpy as np
from PIL import Image
from scipy.io import savemat

SIZE = (12, 16)
RNG = np.random.default_rng(0)


def as_image(format="PNG", size=SIZE):
    stream = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (*size, 3), dtype=np.uint8)).save(stream, format)
    return stream.getvalue()


def as_map(values, palette=True):
    stream = io.BytesIO()
    image = Image.fromarray(values)
    if palette and values.dtype == np.uint8:
        image.putpalette([i for i in range(256) for _ in range(3)])
    image.save(stream, "PNG")
    return stream.getvalue()


def square(value, size=SIZE, dtype=np.uint8):
    values = np.zeros(size, dtype=dtype)
    values[3:8, 2:9] = value
    return values


def as_zip(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return stream.getvalue()


def as_tar(files, mode="w"):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as bundle:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            bundle.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def as_mat(**arrays):
    stream = io.BytesIO()
    savemat(stream, arrays)
    return stream.getvalue()


def voc():
    home = "VOCdevkit/VOC2012"
    files = {}
    for split, name in (("train", "2007_000032"), ("val", "2007_000033")):
        files[f"{home}/JPEGImages/{name}.jpg"] = as_image("JPEG")
        files[f"{home}/SegmentationClass/{name}.png"] = as_map(square(15))
        files[f"{home}/SegmentationObject/{name}.png"] = as_map(square(1))
        files[f"{home}/ImageSets/Segmentation/{split}.txt"] = f"{name}\n".encode()
    return {"VOCtrainval_11-May-2012.tar": as_tar(files)}


def sbd():
    home = "benchmark_RELEASE/dataset"
    files = {}
    for split, name in (("train", "2008_000002"), ("val", "2008_000003")):
        categories = np.array([[20]], dtype=np.uint8)
        files[f"{home}/img/{name}.jpg"] = as_image("JPEG")
        files[f"{home}/cls/{name}.mat"] = as_mat(
            GTcls={"Segmentation": square(20), "Boundaries": 0, "CategoriesPresent": categories}
        )
        files[f"{home}/inst/{name}.mat"] = as_mat(
            GTinst={"Segmentation": square(1), "Boundaries": 0, "Categories": categories}
        )
        files[f"{home}/{split}.txt"] = f"{name}\n".encode()
    return {"benchmark.tgz": as_tar(files, "w:gz")}


def coco():
    packed, annotations = {}, {}
    for number, split in enumerate(("train2017", "val2017")):
        name = f"{number:012d}.jpg"
        packed[f"{split}.zip"] = as_zip({f"{split}/": b"", f"{split}/{name}": as_image("JPEG")})
        polygon = {"segmentation": [[2, 3, 9, 3, 9, 8, 2, 8]], "bbox": [2, 3, 7, 5], "area": 35, "iscrowd": 0}
        said = {
            "images": [{"id": number, "file_name": name, "height": SIZE[0], "width": SIZE[1]}],
            "annotations": [{"id": number + 1, "image_id": number, "category_id": 18, **polygon}],
            "categories": [{"id": 18, "name": "dog"}],
        }
        annotations[f"annotations/instances_{split}.json"] = json.dumps(said).encode()
        annotations[f"annotations/captions_{split}.json"] = b"{}"
    return {**packed, "annotations_trainval2017.zip": as_zip(annotations)}


def cityscapes():
    images, labels = {"README": b"read me"}, {"README": b"read me"}
    for split, city in (("train", "aachen"), ("val", "lindau"), ("test", "berlin")):
        stem = f"{split}/{city}/{city}_000000_000019"
        corners = [[2, 3], [9, 3], [9, 8], [2, 8]]
        shapes = [{"label": "car", "polygon": corners}] if split != "test" else []
        images[f"leftImg8bit/{stem}_leftImg8bit.png"] = as_image()
        ids = square(26) if split != "test" else np.zeros(SIZE, dtype=np.uint8)
        labels[f"gtFine/{stem}_gtFine_labelIds.png"] = as_map(ids, palette=False)
        labels[f"gtFine/{stem}_gtFine_instanceIds.png"] = as_map(ids.astype(np.uint16) * 1000)
        labels[f"gtFine/{stem}_gtFine_color.png"] = as_image()
        labels[f"gtFine/{stem}_gtFine_polygons.json"] = json.dumps(
            {"imgHeight": SIZE[0], "imgWidth": SIZE[1], "objects": shapes}
        ).encode()
    return {"leftImg8bit_trainvaltest.zip": as_zip(images), "gtFine_trainvaltest.zip": as_zip(labels)}


def batch(count, **more):
    rows = RNG.integers(0, 256, (count, 3072), dtype=np.uint8)
    return pickle.dumps({b"data": rows, **{key.encode(): value for key, value in more.items()}}, protocol=2)


def cifar10():
    home = "cifar-10-batches-py"
    names = [f"kind {i}".encode() for i in range(10)]
    files = {f"{home}/batches.meta": pickle.dumps({b"label_names": names}, protocol=2)}
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        keys = [f"{name}_{i}.png".encode() for i in range(2)]
        files[f"{home}/{name}"] = batch(2, labels=[3, 9], filenames=keys, batch_label=name.encode())
    return {"cifar-10-python.tar.gz": as_tar(files, "w:gz")}


def cifar100():
    home = "cifar-100-python"
    fine, coarse = ([f"{kind} {i}".encode() for i in range(n)] for kind, n in (("fine", 100), ("coarse", 20)))
    meta = {b"fine_label_names": fine, b"coarse_label_names": coarse}
    files = {f"{home}/meta": pickle.dumps(meta, protocol=2)}
    for name in ("train", "test"):
        keys = [f"{name}_{i}.png".encode() for i in range(2)]
        files[f"{home}/{name}"] = batch(2, fine_labels=[3, 99], coarse_labels=[1, 19], filenames=keys)
    return {"cifar-100-python.tar.gz": as_tar(files, "w:gz")}


def idx():
    packed = {}
    for split, count in (("train", 3), ("t10k", 2)):
        images = RNG.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = np.array([9, 0, 4][:count], dtype=np.uint8)
        head = struct.pack(">IIII", 0x803, count, 28, 28)
        packed[f"{split}-images-idx3-ubyte.gz"] = gzip.compress(head + images.tobytes())
        packed[f"{split}-labels-idx1-ubyte.gz"] = gzip.compress(
            struct.pack(">II", 0x801, count) + labels.tobytes()
        )
    return packed


def dsb2018():
    files = {}
    for key in ("00ae65c1", "0acd2c22"):
        files[f"{key}/images/{key}.png"] = as_image()
        files[f"{key}/masks/{key}a.png"] = as_map(square(255), palette=False)
    return {"stage1_train.zip": as_zip(files)}


def camvid():
    colours = {"Void": (0, 0, 0), "Car": (64, 0, 128), "Road": (128, 64, 128)}
    labels = np.zeros((*SIZE, 3), dtype=np.uint8)
    labels[3:8, 2:9], labels[8:] = colours["Car"], colours["Road"]
    stream = io.BytesIO()
    Image.fromarray(labels).save(stream, "PNG")
    table = "".join(f"{r} {g} {b}\t\t{name}\r\n" for name, (r, g, b) in colours.items())
    names = ("0001TP_006690", "Seq05VD_f00000")
    return {
        "701_StillsRaw_full.zip": as_zip({f"701_StillsRaw_full/{name}.png": as_image() for name in names}),
        "LabeledApproved_full.zip": as_zip({f"{name}_L.png": stream.getvalue() for name in names}),
        "label_colors.txt": table.encode(),
    }


FAKES = {
    "voc2012": voc,
    "sbd": sbd,
    "coco2017": coco,
    "cityscapes": cityscapes,
    "cifar10": cifar10,
    "cifar100": cifar100,
    "mnist": idx,
    "fashion-mnist": idx,
    "dsb2018": dsb2018,
    "camvid": camvid,
}
