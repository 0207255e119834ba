"""Control words of RTF 1.9 whose meaning is a table: signs, destinations, character sets."""

from __future__ import annotations

from core.documents.document import PlaceKind

CHARSETS = {
    0: "cp1252", 2: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gbk", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250",
}  # fmt: skip
SIGNS = {
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "endash": "–",
    "emdash": "—", "tab": "\t", "line": "\n", "emspace": " ", "enspace": " ", "qmspace": " ",
    "softline": "\n", "nestcell": " – ", "nestrow": "\n",
}  # fmt: skip
PLACES: dict[str, PlaceKind] = {
    "header": "header", "headerl": "header", "headerr": "header", "headerf": "header", "footer": "footer",
    "footerl": "footer", "footerr": "footer", "footerf": "footer", "shptxt": "textbox",
    "dptxbxtext": "textbox", "annotation": "comment", "footnote": "note", "mmath": "other", "ffl": "field",
    "ffdeftext": "field", "ffstattext": "field", "ffhelptext": "field", "atnauthor": "comment",
}  # fmt: skip
INFO = {"title", "author", "subject", "keywords", "company", "doccomm", "manager", "category", "operator"}
DESCRIBED: dict[str, PlaceKind] = {
    "wzDescription": "alternative",
    "gtextUNICODE": "watermark",
    "wzTooltip": "alternative",
}
"""Properties of drawn shapes that are texts."""
INNER = {
    "shptxt", "dptxbxtext", "result", "sn", "sv", "ud", "pict", "ffl", "ffdeftext", "ffstattext",
    "ffhelptext",
}  # fmt: skip
"""Destinations that are read within ones that are not."""
SKIPPED = {
    "objdata", "object", "upr", "listtable", "listoverridetable", "rsidtbl",
    "themedata", "colorschememapping", "latentstyles", "datastore", "generator", "xmlnstbl", "filetbl",
    "revtbl", "private", "bkmkstart", "bkmkend", "nonshppict", "atnid", "atrfstart", "atrfend",
    "factoidname", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "listpicture", "nesttableprops",
    "wgrffmtfilter",
}  # fmt: skip
