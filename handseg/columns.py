"""How the columns of an Arrow file differ from those it should have."""

import pyarrow as pa

from handseg.errors import shown, told


def differences(found: pa.Schema, wanted: pa.Schema) -> str:
    """Say every difference of names, types and order.

    Args:
        found: of a file, which may be damaged; its metadata plays no role.
        wanted: what it should be.

    Returns:
        Such as "no column person, height is 'int64' instead of 'uint32'"; empty where there is no
        difference.
    """
    try:
        names = found.names
    except UnicodeDecodeError:
        return "a column's name is no UTF-8"
    said = [f"no column {name}" for name in wanted.names if name not in names]
    for field in wanted:
        there = [other for other in found if other.name == field.name]
        if len(there) > 1:
            said.append(f"column {field.name} {len(there)} times")
        elif there and there[0] != field:
            said.append(f"{field.name} is {_form(there[0])} instead of {_form(field)}")
    said += [f"unknown column {shown(name)}" for name in names if name not in wanted.names]
    if not said and names != wanted.names:
        said = [f"columns in the order {', '.join(names)}, not {', '.join(wanted.names)}"]
    return told(", ".join(said))


def _form(field: pa.Field) -> str:
    return shown(str(field.type) if field.nullable else f"{field.type} not null")
