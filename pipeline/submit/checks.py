"""What is refused here because it would fail, or mislead, only on the cluster."""

import re

from handseg.errors import BadInput
from handseg.storage import s3_uploads
from handseg.storage.location import parse
from pipeline.images import Images

_CRON_FIELDS = 6
_PINNED = re.compile(r".+@sha256:[0-9a-f]{64}")


def check_images(images: Images, *, allow_tag: bool) -> None:
    """Refuse an image that can come to mean another.

    Raises:
        BadInput: one is named without a digest and allow_tag is false.
    """
    loose = [image for image in (images.cpu, images.gpu) if not _PINNED.fullmatch(image)]
    if loose and not allow_tag:
        raise BadInput(
            f"{', '.join(loose)}: a tag can come to mean another image; "
            "give NAME@sha256:DIGEST for both, or --allow-tag"
        )


def check_places(*places: str) -> None:
    """Refuse places that pods cannot read; an empty one is the installation's own.

    Raises:
        BadInput: one of them is not in S3.
    """
    for place in filter(None, places):
        if not place.startswith("s3://"):
            raise BadInput(f"{place}: the cluster's pods cannot read it; give s3://bucket/prefix")
        parse(place)


def check_root(root: str) -> None:
    """Look at the artifacts' bucket with this machine's credentials; none is the installation's.

    Raises:
        MissingInput: no such bucket.
        BadInput: access is denied, or the store cannot be reached.
    """
    if root:
        s3_uploads.check_writable(parse(root))


def check_cron(text: str) -> None:
    """Refuse a schedule that the cluster would read otherwise.

    Raises:
        BadInput: it has not six fields.
    """
    if len(text.split()) != _CRON_FIELDS:
        raise BadInput(
            f"--cron {text!r}: KFP's have six fields, seconds first; 0 0 3 * * 1 is Mondays at 3"
        )
