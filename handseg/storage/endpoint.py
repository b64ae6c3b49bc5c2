"""Where an object store may be: an http(s) address that is no cloud's own metadata service.

There a machine is given its credentials, so that whoever can choose the address of the store could
have them sent on. Names are resolved, so that another spelling of the number hides nothing.
"""

import ipaddress
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from handseg.errors import BadInput

_VARIABLE = "AWS_ENDPOINT_URL"
_METADATA = {
    ipaddress.ip_address(text)
    for text in (
        "fd00:ec2::254",  # Amazon
        "fd20:ce::254",  # Google
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle
    )
}
"""Services of metadata that lie at no link-local address, as 169.254.169.254 does."""
_REDIRECTIONS = (301, 302, 303, 307, 308)
_REGION = "x-amz-bucket-region"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


def check(endpoint: str) -> None:
    """Refuse an address that no object store has.

    A host that cannot be resolved passes: the first request says so.

    Raises:
        BadInput: it is no http(s) URL, holds a user or password, or leads to a link-local address
            or a metadata service.
    """
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None:
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        raise BadInput(
            f"{_VARIABLE}={bare}: a user or password stood in front of the host; keys belong in "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput(f"{_VARIABLE}={endpoint}: not an http(s) URL; give the store's address")
    if any(_is_refused(address) for address in _addresses(host)):
        raise BadInput(
            f"{_VARIABLE}={endpoint}: a link-local address, or a cloud's metadata service, is "
            "refused; give the store's address"
        )


def refuse_redirect(response: tuple[Any, Mapping[str, Any]] | None, **_: object) -> None:
    """Refuse to be sent elsewhere, as a handler of boto3's event `needs-retry`.

    A store that names the bucket's region is Amazon's own and is left to boto3, which asks again
    with that region; of any other it would ask for the region, and be sent elsewhere again.

    Raises:
        BadInput: the store's answer is a redirection without a region.
    """
    if response is None or response[0].status_code not in _REDIRECTIONS:
        return
    answer = response[1]
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if _REGION in headers or "Region" in answer.get("Error", {}):
        return
    raise BadInput(
        f"{_VARIABLE}: the store sends requests to another address (status "
        f"{response[0].status_code}), which is not followed; give the store's own address"
    )


def _addresses(host: str) -> list[str]:
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]
    except OSError:
        return []


def _is_refused(text: str) -> bool:
    address = ipaddress.ip_address(text.split("%", 1)[0])
    meant = [address, *(_inside(address) if isinstance(address, IPv6Address) else [])]
    return any(one.is_link_local or one in _METADATA for one in meant)


def _inside(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 one may be led on to."""
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
