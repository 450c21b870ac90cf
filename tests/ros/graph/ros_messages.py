"""Messages of ROS 1 to and from the values of a rosbridge frame, as rosbridge 0.11.17 converts them."""

import base64
import importlib
import math
import struct

import genpy
import rospy

FLOATS = ("float32", "float64")
TAGGED_ARRAYS = {"float64[]": (86, "d"), "float32[]": (85, "f"), "int32[]": (78, "i"), "uint32[]": (70, "I")}


class Refused(Exception):
    """What the true bridge writes into its log, and no client learns."""


def load_class(name, kind="msg"):
    parts = name.split("/")
    if len(parts) != 2:
        raise Refused(f"{name} is not a valid type string")
    try:
        return getattr(importlib.import_module(f"{parts[0]}.{kind}"), parts[1])
    except (ImportError, AttributeError) as error:
        raise Refused(f"unable to load {name}: {error}") from error


def to_values(message, as_cbor=False):
    """A message as what JSON, or cbor, can hold."""
    values = {}
    for name, kind in zip(message.__slots__, message._slot_types):
        values[name] = _field(getattr(message, name), kind, as_cbor)
    return values


def _field(value, kind, as_cbor):
    if kind.endswith("]"):
        return _array(value, kind[: kind.index("[")], as_cbor)
    if kind in ("time", "duration"):
        return {"secs": value.secs, "nsecs": value.nsecs}
    if isinstance(value, genpy.Message):
        return to_values(value, as_cbor)
    if kind in FLOATS and not as_cbor and not math.isfinite(value):
        return None
    return value


def _array(values, kind, as_cbor):
    if kind in ("uint8", "char"):
        return bytes(values) if as_cbor else base64.b64encode(bytes(values)).decode()
    if as_cbor:
        if f"{kind}[]" in TAGGED_ARRAYS:
            from cbor2 import CBORTag

            tag, code = TAGGED_ARRAYS[f"{kind}[]"]
            return CBORTag(tag, struct.pack(f"<{len(values)}{code}", *values))
        if kind == "string" and values:
            raise Refused("'str' object has no attribute '__slots__'")
    if kind in FLOATS:
        return [value if math.isfinite(value) else None for value in values]
    return [_field(value, kind, as_cbor) for value in values]


def fill(message, values):
    """Puts the values a client sent into a message. Raises Refused for unknown fields and values of the wrong kind."""
    if not isinstance(values, dict):
        raise Refused(f"{message._type} cannot be {values!r}")
    if message._type == "std_msgs/Header":
        message.stamp = rospy.get_rostime()
    kinds = dict(zip(message.__slots__, message._slot_types))
    for name, value in values.items():
        if name not in kinds:
            raise Refused(f"{message._type} does not have a field {name}")
        setattr(message, name, _value(value, kinds[name], getattr(message, name)))
    return message


def _value(value, kind, default):
    if kind.endswith("]"):
        inner = kind[: kind.index("[")]
        if inner in ("uint8", "char") and isinstance(value, str):
            return base64.b64decode(value)
        if not isinstance(value, list):
            raise Refused(f"{kind} cannot be {value!r}")
        if "/" in inner:
            return [fill(load_class(inner)(), item) for item in value]
        return [_value(item, inner, None) for item in value]
    if kind in ("time", "duration"):
        seconds = value.get("secs", value.get("sec", 0))
        rest = value.get("nsecs", value.get("nanosec", 0))
        return rospy.Time(seconds, rest) if kind == "time" else rospy.Duration(seconds, rest)
    if isinstance(default, genpy.Message):
        return fill(default, value)
    if kind == "string":
        fits = isinstance(value, str)
    elif kind == "bool":
        fits = isinstance(value, bool)
    else:
        fits = isinstance(value, int if kind not in FLOATS else (int, float)) and not isinstance(value, bool)
    if not fits:
        raise Refused(f"{kind} cannot be {value!r}")
    return value
