"""Published data sets that tests compare with; they are large or third-party and not part of the repository."""

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_data(name: str) -> Path:
    """This will return the path of ``name`` below the data folder, or skip the test and say how to run it.

    The folder is the environment variable ISCM_SHARED_DATA, else ``../shared/data`` beside the checkout.
    """
    folder = Path(os.environ.get("ISCM_SHARED_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name
    if not path.exists():
        pytest.skip(f"{name} is not here: set ISCM_SHARED_DATA to the folder with the published data sets")
    return path


def case(number: str) -> dict:
    """The worked case of this number ("F06"): its inputs and what is expected. Skips where the cases are not here."""
    return next(one for one in json.loads(shared_data("../cases.json").read_text())["cases"] if one["id"] == number)
