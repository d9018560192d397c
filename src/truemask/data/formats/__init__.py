"""FORMATS: how data sets lie on disk. One row a format; the order is the order in which they are tried."""

from collections.abc import Mapping

from truemask.data.formats import (
    camvid,
    cifar,
    cityscapes,
    class_arrays,
    class_folder,
    coco,
    cvat,
    dsb2018,
    idx,
    label_studio,
    labelme,
    mask_folder,
    sbd,
    voc,
    write_classes,
    yolo,
)
from truemask.data.formats.format import Format
from truemask.data.formats.write_camvid import write_as_camvid, write_camvid
from truemask.data.formats.write_cifar import write_as_cifar, write_cifar
from truemask.data.formats.write_cityscapes import write_as_cityscapes, write_cityscapes
from truemask.data.formats.write_coco import write_as_coco, write_coco
from truemask.data.formats.write_cvat import write_as_cvat, write_cvat
from truemask.data.formats.write_dsb2018 import write_as_dsb2018, write_dsb2018
from truemask.data.formats.write_idx import write_as_idx, write_idx
from truemask.data.formats.write_label_studio import write_as_label_studio, write_label_studio
from truemask.data.formats.write_labelme import write_as_labelme, write_labelme
from truemask.data.formats.write_mask_folder import write_as_mask_folder, write_mask_folder
from truemask.data.formats.write_sbd import write_as_sbd, write_sbd
from truemask.data.formats.write_voc import write_as_voc, write_voc
from truemask.data.formats.write_yolo import write_as_yolo, write_yolo
from truemask.types import Task

FORMATS: Mapping[str, Format] = {
    "yolo": Format(
        looks_like="data.yaml of YOLO with images/ and labels/",
        tasks=frozenset({Task.INSTANCE}),
        sniff=yolo.sniff,
        open=yolo.open_yolo,
        rows=yolo.YoloSplit,
        write=write_yolo,
        write_as=write_as_yolo,
        loses=frozenset({"ids", "crowd", "unknown", "boxes", "blank", "keys", "colour"}),
        polygons=True,
    ),
    "cvat": Format(
        looks_like="annotations.xml of CVAT",
        tasks=frozenset({Task.INSTANCE}),
        sniff=cvat.sniff,
        open=cvat.open_cvat,
        rows=cvat.CvatSplit,
        write=write_cvat,
        write_as=write_as_cvat,
        loses=frozenset({"boxes", "keys", "colour"}),
    ),
    "label-studio": Format(
        looks_like="a JSON export of Label Studio",
        tasks=frozenset({Task.INSTANCE}),
        sniff=label_studio.sniff,
        open=label_studio.open_label_studio,
        rows=label_studio.LabelStudioSplit,
        write=write_label_studio,
        write_as=write_as_label_studio,
        loses=frozenset({"boxes", "keys", "colour"}),
    ),
    "labelme": Format(
        looks_like="LabelMe JSON files",
        tasks=frozenset({Task.INSTANCE}),
        sniff=labelme.sniff,
        open=labelme.open_labelme,
        rows=labelme.LabelMeSplit,
        write=write_labelme,
        write_as=write_as_labelme,
        loses=frozenset({"boxes", "keys", "colour"}),
    ),
    "cityscapes": Format(
        looks_like="leftImg8bit/ with gtFine/ of Cityscapes",
        tasks=frozenset({Task.SEMANTIC, Task.INSTANCE}),
        sniff=cityscapes.sniff,
        open=cityscapes.open_cityscapes,
        rows=cityscapes.CityscapesSplit,
        write=write_cityscapes,
        write_as=write_as_cityscapes,
        loses=frozenset({"keys", "order", "crowd", "unknown", "boxes", "overlap", "blank"}),
    ),
    "voc": Format(
        looks_like="JPEGImages/ with SegmentationClass/ of Pascal VOC",
        tasks=frozenset({Task.SEMANTIC, Task.INSTANCE}),
        sniff=voc.sniff,
        open=voc.open_voc,
        rows=voc.VocSplit,
        write=write_voc,
        write_as=write_as_voc,
        loses=frozenset({"keys", "order", "ids", "crowd", "boxes", "overlap", "blank"}),
    ),
    "sbd": Format(
        looks_like="dataset/ with img/, cls/ and inst/ of SBD",
        tasks=frozenset({Task.SEMANTIC, Task.INSTANCE}),
        sniff=sbd.sniff,
        open=sbd.open_sbd,
        rows=sbd.SbdSplit,
        write=write_sbd,
        write_as=write_as_sbd,
        loses=frozenset({"keys", "order", "ids", "crowd", "boxes", "overlap", "blank"}),
    ),
    "camvid": Format(
        looks_like="train/ with trainannot/ of SegNet, or LabeledApproved_full/ of CamVid",
        tasks=frozenset({Task.SEMANTIC}),
        sniff=camvid.sniff,
        open=camvid.open_camvid,
        rows=camvid.CamvidSplit,
        write=write_camvid,
        write_as=write_as_camvid,
        loses=frozenset({"keys"}),
    ),
    "dsb2018": Format(
        looks_like="ID/images/ID.png with ID/masks/ of the Data Science Bowl 2018",
        tasks=frozenset({Task.INSTANCE}),
        sniff=dsb2018.sniff,
        open=dsb2018.open_dsb2018,
        rows=dsb2018.NucleiSplit,
        write=write_dsb2018,
        write_as=write_as_dsb2018,
        loses=frozenset({"keys", "ids", "classes", "crowd", "unknown", "boxes"}),
    ),
    "mask-folder": Format(
        looks_like="images/ with labels/ beside",
        tasks=frozenset({Task.SEMANTIC}),
        sniff=mask_folder.sniff,
        open=mask_folder.open_mask_folder,
        rows=mask_folder.MaskFolder,
        write=write_mask_folder,
        write_as=write_as_mask_folder,
        loses=frozenset({"keys"}),
    ),
    "coco": Format(
        looks_like="COCO instance JSON",
        tasks=frozenset({Task.INSTANCE}),
        sniff=coco.sniff,
        open=coco.open_coco,
        rows=coco.CocoSplit,
        write=write_coco,
        write_as=write_as_coco,
        loses=frozenset({"keys", "colour"}),
    ),
    "cifar": Format(
        looks_like="Python batches of CIFAR-10 or CIFAR-100",
        tasks=frozenset({Task.CLASSIFICATION}),
        sniff=cifar.sniff,
        open=cifar.open_cifar,
        rows=cifar.CifarSplit,
        write=write_cifar,
        write_as=write_as_cifar,
        loses=frozenset({"size", "colour"}),
    ),
    "idx": Format(
        looks_like="idx-ubyte files of MNIST",
        tasks=frozenset({Task.CLASSIFICATION}),
        sniff=idx.sniff,
        open=idx.open_idx,
        rows=idx.IdxSplit,
        write=write_idx,
        write_as=write_as_idx,
        loses=frozenset({"size", "keys", "numbers"}),
    ),
    "class-arrays": Format(
        looks_like="npz with x and y",
        tasks=frozenset({Task.CLASSIFICATION}),
        sniff=class_arrays.sniff,
        open=class_arrays.open_class_arrays,
        rows=class_arrays.ClassArrays,
        write=write_classes.write_class_arrays,
        write_as=write_classes.write_as_class_arrays,
        loses=frozenset({"size"}),
    ),
    "class-folder": Format(
        looks_like="a folder of images per class",
        tasks=frozenset({Task.CLASSIFICATION}),
        sniff=class_folder.sniff,
        open=class_folder.open_class_folder,
        rows=class_folder.ClassFolder,
        write=write_classes.write_class_folder,
        write_as=write_classes.write_as_class_folder,
        loses=frozenset({"keys", "ignore", "order"}),
    ),
}

NATURAL: Mapping[Task, str] = {
    Task.SEMANTIC: "mask-folder",
    Task.INSTANCE: "coco",
    Task.CLASSIFICATION: "class-arrays",
}
"""The format for what did not come from disk, or is not seen as it lies there."""
