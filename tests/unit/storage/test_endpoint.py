import pytest

from handseg.errors import BadInput
from handseg.storage import endpoint


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.170.2:80",
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "0xa9.254.43518",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[::169.254.169.254]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "100.100.100.200",
        "168.63.129.16",
    ],
)
def test_a_metadata_service_is_refused_however_it_is_written(host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(BadInput, match="a link-local address, or a cloud's metadata service"):
            endpoint.check(f"{scheme}://{host}/latest")


@pytest.mark.parametrize(
    "text", ["file:///etc/passwd", "ftp://store/x", "gopher://store", "store:9000", "http://", ""]
)
def test_anything_but_a_web_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"AWS_ENDPOINT_URL=.*not an http\(s\) URL"):
        endpoint.check(text)


def test_a_password_in_it_is_refused_and_not_repeated() -> None:
    with pytest.raises(BadInput, match="AWS_ENDPOINT_URL=http://store:9000/x: a user") as refused:
        endpoint.check("http://me:canary@store:9000/x")
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:9000",
        "http://localhost",
        "https://[::1]:9000",
        "http://10.0.0.7",
        "http://[fd00::7]",
        "https://no-such-host.invalid",
    ],
)
def test_a_store_of_ones_own_and_a_name_that_is_not_known_yet_pass(text: str) -> None:
    endpoint.check(text)
