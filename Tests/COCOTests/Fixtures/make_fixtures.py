#!/usr/bin/env python3
"""Makes two small files in COCO's format, a list of minival ids, and the labels they give.

The labels are computed here by the rule of Visual Wake Words, from the same objects.
"""
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent
CATEGORIES = [{"supercategory": "person", "id": 1, "name": "person"},
              {"supercategory": "animal", "id": 18, "name": "dog"}]
chance = random.Random(5)
labels = {"train": [], "val": []}
annotation_id = 0
minival = set()

for split, first_id in (("train", 100), ("val", 5)):
    images, annotations = [], []
    for i in range(20):
        id = first_id + i * 7
        width, height = chance.choice([(640, 480), (333, 500), (100, 200)])
        name = f"COCO_{split}2014_{id:012d}.jpg"
        images.append({"license": 3, "file_name": name, "coco_url": "http://x/\u00e9\n\"",
                       "height": height, "width": width, "date_captured": None, "id": id})
        positive = False
        for _ in range(chance.randrange(4)):
            share = chance.choice([0.004, 0.005, 0.0051, 0.3])
            area = width * height * share
            category = chance.choice([1, 18])
            annotations.append({
                "segmentation": [[1.5, 2, 3e0, 4]] if chance.random() < 0.7
                else {"counts": [1, 2], "size": [height, width]},
                "area": area, "iscrowd": 0, "image_id": id, "bbox": [1, 2.5, 30, 40],
                "category_id": category, "id": annotation_id})
            annotation_id += 1
            positive |= category == 1 and area / (width * height) > 0.005
        is_minival = split == "val" and i % 3 == 0
        if is_minival:
            minival.add(id)
        labels["val" if is_minival else "train"].append([id, name, int(positive)])
    # The order of the lists is nobody's business.
    lists = {"info": {"year": 2014}, "annotations": annotations, "licenses": [{"id": 1}],
             "images": images, "categories": CATEGORIES}
    (HERE / f"instances_{split}2014.json").write_text(json.dumps(lists))

(HERE / "minival.txt").write_text("".join(f"{id}\n" for id in sorted(minival)))
for entries in labels.values():
    entries.sort()
(HERE / "labels.json").write_text(json.dumps(labels))
