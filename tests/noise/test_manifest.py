import json
import pickle

import numpy as np
import pyarrow.parquet as pq
import pytest
from noise_toys import CLASSES, OBJECTS, PIXELS, class_ids, label_maps, object_lists

from truemask.noise import Ledger, manifest_of, parse, read_changes, read_manifest, write_manifest
from truemask.types import IGNORE, BadInput


def ledger_of(spec, problem, labels, seed=5):
    ledger = Ledger(parse(spec), problem, seed)
    for key, one in labels.items():
        ledger.corrupt(one, key)
    return ledger


def test_the_manifest_is_read_as_it_was_written(tmp_path):
    ledger = ledger_of("miss:0.3+symmetric:0.2", PIXELS, label_maps())
    written = write_manifest(ledger, tmp_path / "new", data="toys", split="train")
    assert read_manifest(tmp_path / "new") == written
    assert (written.data, written.split, written.seed, written.noise) == (
        "toys",
        "train",
        5,
        "miss:0.3+symmetric:0.2",
    )
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["changes.parquet", "manifest.json"]


def test_every_step_is_measured_on_what_it_got():
    labels = label_maps()
    manifest = manifest_of(ledger_of("miss:0.3+symmetric:0.2", PIXELS, labels))
    miss, symmetric = manifest.steps
    assert (miss.noise, miss.declared, symmetric.noise, symmetric.declared) == (
        "miss:0.3",
        0.3,
        "symmetric:0.2",
        0.2,
    )
    assert abs(miss.realised - 0.3) < 0.1
    assert abs(symmetric.realised - 0.2) < 0.01
    assert symmetric.of == manifest.units == sum((one != IGNORE).sum() for one in labels.values())
    assert manifest.realised_rate == manifest.changed / manifest.units > 0.2


def test_counts_are_of_true_class_and_class_in_the_end():
    ledger, labels = Ledger(parse("sample:0.6+flip:0.3"), PIXELS, 5), label_maps()
    expected = np.zeros((4, 5), int)
    for key, before in labels.items():
        after = ledger.corrupt(before, key)
        for true in range(4):
            expected[true] += [((before == true) & (after == end)).sum() for end in (0, 1, 2, 3, IGNORE)]
    manifest = manifest_of(ledger)
    assert np.array(manifest.counts).tolist() == expected.tolist()
    np.testing.assert_allclose(manifest.transition, expected / expected.sum(axis=1, keepdims=True))


def test_missed_objects_count_as_background():
    manifest = manifest_of(ledger_of("miss:1", OBJECTS, object_lists()))
    counts = np.array(manifest.counts)
    assert counts[:, 0].sum() == counts.sum() == manifest.units == manifest.changed
    assert manifest.transition[1] == (1, 0, 0, 0, 0)
    assert manifest.transition[0] == (None,) * 5


def test_a_step_that_had_nothing_to_act_on_has_no_rate(tmp_path):
    ledger = ledger_of("asymmetric:0.4,map=2>1", CLASSES, {"a": 0, "b": IGNORE})
    manifest = write_manifest(ledger, tmp_path)
    assert manifest.steps[0].realised is None
    assert (manifest.units, manifest.changed, manifest.realised_rate) == (1, 0, 0.0)
    assert json.loads((tmp_path / "manifest.json").read_text())["transition"][2] == [None] * 4
    assert list(read_changes(tmp_path)) == []


def test_no_noise_has_a_manifest_too(tmp_path):
    manifest = write_manifest(ledger_of("none", CLASSES, class_ids()), tmp_path)
    assert (manifest.noise, manifest.steps, manifest.changed, manifest.images) == ("none", (), 0, 400)


def test_the_hash_is_of_the_labels_and_their_keys_in_any_order():
    labels = label_maps()
    turned = dict(reversed(labels.items()))
    changed = {**labels, "map-3": labels["map-4"]}
    renamed = {f"{key}!": one for key, one in labels.items()}
    hashes = [ledger_of("flip:0.1", PIXELS, one).data_hash() for one in (labels, turned, changed, renamed)]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_the_hash_of_the_data_does_not_depend_on_the_noise():
    assert (
        ledger_of("miss:1", OBJECTS, object_lists()).data_hash()
        == ledger_of("none", OBJECTS, object_lists()).data_hash()
    )


def test_a_hash_that_is_known_already_is_taken_over():
    assert manifest_of(ledger_of("none", CLASSES, {"a": 1}), data_hash="sha256:7").data_hash == "sha256:7"


def test_a_ledger_travels_between_processes():
    ledger = ledger_of("flip:0.4", PIXELS, label_maps())
    there = pickle.loads(pickle.dumps(ledger))
    assert manifest_of(there) == manifest_of(ledger)
    assert [len(one) for one in there.changes()] == [len(one) for one in ledger.changes()]


def test_an_image_is_entered_once():
    ledger = ledger_of("flip:0.4", PIXELS, label_maps())
    with pytest.raises(BadInput, match="image 'map-0' is in the ledger already"):
        ledger.corrupt(label_maps()["map-0"], "map-0")
    with pytest.raises(BadInput, match="image 'map-0' is in the ledger already"):
        ledger.merge(ledger_of("flip:0.4", PIXELS, label_maps()))


def test_ledgers_of_different_corruptions_do_not_merge():
    ledger = ledger_of("flip:0.4", PIXELS, {})
    for other in (ledger_of("flip:0.3", PIXELS, {}), ledger_of("flip:0.4", PIXELS, {}, seed=6)):
        with pytest.raises(BadInput, match="ledgers of different corruptions do not merge"):
            ledger.merge(other)


def test_the_list_of_changes_is_a_table_that_anyone_can_read(tmp_path):
    write_manifest(ledger_of("symmetric:0.5+dilate:1", OBJECTS, object_lists()), tmp_path)
    table = pq.read_table(tmp_path / "changes.parquet")
    assert table.column_names == ["image", "unit", "run", "from", "to", "kind", "mask"]
    images = table["image"].to_pylist()
    assert images == sorted(images)
    assert set(table["kind"].to_pylist()) == {"class", "outline"}
    assert all(isinstance(mask, bytes) for mask in table["mask"].to_pylist())


def test_changes_are_read_back_whole_over_many_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("truemask.noise.change_file._ROW_GROUP", 1000)
    ledger = ledger_of("flip:0.4", PIXELS, label_maps())
    write_manifest(ledger, tmp_path)
    assert pq.ParquetFile(tmp_path / "changes.parquet").num_row_groups > 5
    for ours, theirs in zip(ledger.changes(), read_changes(tmp_path), strict=True):
        assert ours.image == theirs.image
        for column in ("unit", "run", "source", "target", "kind"):
            assert np.array_equal(getattr(ours, column), getattr(theirs, column))
            assert getattr(ours, column).dtype == getattr(theirs, column).dtype


def test_what_is_no_manifest_is_told_in_one_line(tmp_path):
    with pytest.raises(BadInput, match=r"has no manifest\.json: it was not made by truemask corrupt"):
        read_manifest(tmp_path)
    with pytest.raises(BadInput, match=r"has no changes\.parquet: it was not made by truemask corrupt"):
        next(read_changes(tmp_path))
    (tmp_path / "manifest.json").write_text('{"noise": 3}')
    with pytest.raises(BadInput, match=r"manifest.json is no manifest of a corruption: [a-z_]+: "):
        read_manifest(tmp_path)
    (tmp_path / "changes.parquet").write_text("no table")
    with pytest.raises(BadInput, match=r"changes\.parquet is no Parquet file"):
        next(read_changes(tmp_path))
    pq.write_table(pq.read_table(_other_table(tmp_path)), tmp_path / "changes.parquet")
    with pytest.raises(BadInput, match=r"changes\.parquet is no list of changes: its columns are a"):
        next(read_changes(tmp_path))


def _other_table(folder):
    import pyarrow as pa

    pq.write_table(pa.table({"a": [1]}), folder / "other.parquet")
    return folder / "other.parquet"
