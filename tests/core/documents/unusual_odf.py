"""OpenDocument and RTF files that are plain but for one word, each in another unusual place."""

# fmt: off
from __future__ import annotations

from tests.core.documents import make
from tests.core.documents.test_conservation_of_formats import SPACES
from tests.core.documents.unusual_office import SVG, W, docx, words

FILES: dict[str, tuple[str, bytes]] = {}
P = f"<text:p>{W}</text:p>"
CELL = "<table:table-row><table:table-cell>%s</table:table-cell></table:table-row>"


def odf(kind: str, body: str, parts: dict[str, str | bytes] | None = None, *, styles: str = "", automatic: str = "") -> bytes:
    return make.zipped({
        "mimetype": f"application/vnd.oasis.opendocument.{kind}", "META-INF/manifest.xml": "<m/>",
        "content.xml": f"<office:document-content {SPACES}><office:automatic-styles>{automatic}</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {SPACES}>{styles}</office:document-styles>", **(parts or {}),
    })


def odt(name: str, body: str, **more: str) -> None:
    FILES[f"odt: {name}"] = "a.odt", odf("text", f"<text:p>Bonjour</text:p>{body}", **more)  # type: ignore[arg-type]


def ods(name: str, body: str, **more: str) -> None:
    FILES[f"ods: {name}"] = "a.ods", odf("spreadsheet", body, **more)  # type: ignore[arg-type]


def odp(name: str, body: str, after: str = "") -> None:
    FILES[f"odp: {name}"] = "a.odp", odf("presentation", f'<draw:page draw:name="d">{body}</draw:page>{after}')


def rtf(name: str, body: str) -> None:
    FILES[f"rtf: {name}"] = "a.rtf", ("{\\rtf1\\ansi Bonjour\\par " + body.replace("é", "\\'e9") + "}").encode("latin-1")


odt("deleted text", f"<text:tracked-changes><text:changed-region><text:deletion>{P}</text:deletion></text:changed-region></text:tracked-changes>")
odt("hidden words", f'<text:p>x<text:hidden-text text:string-value="{W}" text:is-hidden="true"/></text:p>')
odt("hidden words with text", f'<text:p>x<text:hidden-text text:is-hidden="true">{W}</text:hidden-text></text:p>')
odt("conditional words", f'<text:p>x<text:conditional-text text:string-value-if-true="a" text:string-value-if-false="{W}">a</text:conditional-text></text:p>')
odt("choices of a field", f'<text:p><text:drop-down text:name="n"><text:label text:value="{W}"/>a</text:drop-down></text:p>')
odt("help of a field", f'<text:p><text:placeholder text:placeholder-type="text" text:description="{W}">x</text:placeholder></text:p>')
odt("author of a comment", f"<text:p>x<office:annotation><dc:creator>{W}</dc:creator><text:p>y</text:p></office:annotation></text:p>")
odt("choices of a form", f'<office:forms><form:form><form:listbox><form:option form:label="{W}"/></form:listbox></form:form></office:forms>')
odt("items of a combo", f'<office:forms><form:form><form:combobox><form:item form:label="{W}"/></form:combobox></form:form></office:forms>')
odt("tooltip of a control", f'<office:forms><form:form><form:button form:label="a" form:title="{W}"/></form:form></office:forms>')
odt("title of a link", f'<text:p><text:a xlink:href="x" office:title="{W}">a</text:a></text:p>')
odt("target of a link", f'<text:p><text:a xlink:href="https://{W}.example/">a</text:a></text:p>')
odt("bullet of words", '<text:list text:style-name="L"><text:list-item><text:p>x</text:p></text:list-item></text:list>', automatic=f'<text:list-style style:name="L"><text:list-level-style-bullet text:level="1" text:bullet-char="•" style:num-prefix="{W}"/></text:list-style>')
odt("number of words", '<text:list text:style-name="L"><text:list-item><text:p>x</text:p></text:list-item></text:list>', automatic=f'<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" style:num-prefix="{W} "/></text:list-style>')
odt("number of a heading", '<text:h text:outline-level="1">x</text:h>', styles=f'<office:styles><text:outline-style><text:outline-level-style text:level="1" style:num-format="1" style:num-prefix="{W} "/></text:outline-style></office:styles>')
odt("reading above a word", f"<text:p><text:ruby><text:ruby-base>x</text:ruby-base><text:ruby-text>{W}</text:ruby-text></text:ruby></text:p>")
odt("first page's header", "", styles=f"<office:master-styles><style:master-page><style:header-first>{P}</style:header-first></style:master-page></office:master-styles>")
odt("left footer in a table", "", styles=f"<office:master-styles><style:master-page><style:footer-left><table:table><table:table-row><table:table-cell>{P}</table:table-cell></table:table-row></table:table></style:footer-left></style:master-page></office:master-styles>")
odt("formula", "<text:p><draw:frame><draw:object xlink:href=\"./Object 1\"/></draw:frame></text:p>", parts={"Object 1/content.xml": f"<math><mi>{W}</mi></math>"})
odt("formula in the file", f"<text:p><draw:frame><draw:object><math><mtext>{W}</mtext></math></draw:object></draw:frame></text:p>")
odt("document in an object", "<text:p><draw:frame><draw:object-ole xlink:href=\"./Object 1\"/></draw:frame></text:p>", parts={"Object 1": make.compound({"Package": docx(words(W))})})
odt("object of another program", "<text:p><draw:frame><draw:object-ole xlink:href=\"./Object 1\"/></draw:frame></text:p>", parts={"Object 1": make.compound({"x": b"1"})})
odt("drawing in letters", '<text:p><draw:frame svg:width="9cm" svg:height="9cm"><draw:image xlink:href="Pictures/1.svg"/></draw:frame></text:p>', parts={"Pictures/1.svg": SVG.encode()})
odt("film", '<text:p><draw:frame><draw:plugin xlink:href="Media/1.mp4"/></draw:frame></text:p>', parts={"Media/1.mp4": b"0"})
odt("page in the page", f'<text:p><draw:frame draw:name="n"><draw:floating-frame xlink:href="x.html" draw:frame-name="{W}"/></draw:frame></text:p>')
odt("user's field", f'<text:user-field-decls><text:user-field-decl office:value-type="string" office:string-value="{W}" text:name="n"/></text:user-field-decls>')
odt("entry of an index", f'<text:p>x<text:alphabetical-index-mark text:string-value="{W}"/></text:p>')
odt("meta of a paragraph", f"<text:p><text:meta>{W}</text:meta></text:p>")
odt("words in two spans", f"<text:p><text:span>{W[:3]}</text:span><text:soft-page-break/><text:span>{W[3:]}</text:span></text:p>")
odt("label of a note", f'<text:p>x<text:note><text:note-citation text:label="{W}">{W}</text:note-citation><text:note-body><text:p>y</text:p></text:note-body></text:note></text:p>')
odt("collapsed cell", f"<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:covered-table-cell>{P}</table:covered-table-cell></table:table-row></table:table>")
ods("number without its text", f'<table:table>{CELL % "<text:p>1</text:p>"}<table:table-row><table:table-cell office:value-type="string" office:string-value="{W}"/></table:table-row></table:table>')
ods("prompt", f'<table:content-validations><table:content-validation table:name="v"><table:help-message table:title="{W}"><text:p>a</text:p></table:help-message></table:content-validation></table:content-validations><table:table>{CELL % "<text:p>1</text:p>"}</table:table>')
ods("text of a prompt", f'<table:content-validations><table:content-validation table:name="v"><table:help-message>{P}</table:help-message></table:content-validation></table:content-validations><table:table>{CELL % "<text:p>1</text:p>"}</table:table>')
ods("choices", f"<table:content-validations><table:content-validation table:name=\"v\" table:condition='cell-content-is-in-list(&quot;oui&quot;;&quot;{W}&quot;)'/></table:content-validations><table:table>{CELL % '<text:p>1</text:p>'}</table:table>")
ods("scenario", f'<table:table><table:scenario table:comment="{W}"/>{CELL % "<text:p>1</text:p>"}</table:table>')
ods("hidden sheet", f'<table:table table:style-name="h">{CELL % P}</table:table>')
ods("earlier value", f"<table:tracked-changes><table:cell-content-change><table:previous><table:change-track-table-cell>{P}</table:change-track-table-cell></table:previous></table:cell-content-change></table:tracked-changes><table:table>{CELL % '<text:p>1</text:p>'}</table:table>")
ods("pivot", f'<table:table>{CELL % "<text:p>1</text:p>"}</table:table><table:data-pilot-tables><table:data-pilot-table><table:data-pilot-field table:source-field-name="a"><table:data-pilot-level><table:data-pilot-members><table:data-pilot-member table:name="{W}"/></table:data-pilot-members></table:data-pilot-level></table:data-pilot-field></table:data-pilot-table></table:data-pilot-tables>')
ods("covered cell", f"<table:table><table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:covered-table-cell>{P}</table:covered-table-cell></table:table-row></table:table>")
ods("defined name", f'<table:table>{CELL % "<text:p>1</text:p>"}</table:table><table:named-expressions><table:named-expression table:name="{W}" table:expression="1"/></table:named-expressions>')
ods("words of a number's format", f'<table:table>{CELL % f"<text:p>3 {W}</text:p>"}</table:table>')
FILES["odp: name of a slide"] = "a.odp", odf("presentation", f'<draw:page draw:name="{W}"><draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame></draw:page>')
odp("custom show", "", f'<presentation:settings><presentation:show presentation:name="{W}"/></presentation:settings>')
odp("footer of all", "", f"<presentation:footer-decl>{W}</presentation:footer-decl>")
odp("shape of notes", f"<presentation:notes><draw:custom-shape>{P}</draw:custom-shape></presentation:notes>")
odp("group", f"<draw:g><draw:g><draw:caption>{P}</draw:caption></draw:g></draw:g>")
odp("title of an area", f'<draw:frame><draw:image-map><draw:area-rectangle><svg:title>{W}</svg:title></draw:area-rectangle></draw:image-map></draw:frame>')
FILES["odf: formula"] = "a.odf", make.zipped({"mimetype": "application/vnd.oasis.opendocument.formula", "META-INF/manifest.xml": "<m/>", "content.xml": f"<math><mi>{W}</mi></math>"})
FILES["fodt: flat"] = "a.fodt", f'<?xml version="1.0"?><office:document {SPACES} office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>{P}</office:text></office:body></office:document>'.encode()
FILES["fodt: object in it"] = "a.fodt", f'<?xml version="1.0"?><office:document {SPACES} office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text><text:p>x<draw:frame><draw:object><office:document><office:body><office:chart><chart:chart><chart:title>{P}</chart:title></chart:chart></office:chart></office:body></office:document></draw:object></draw:frame></text:p></office:text></office:body></office:document>'.encode()

rtf("choices of a field", f"{{\\field{{\\*\\fldinst FORMDROPDOWN{{\\*\\formfield{{\\fftype2{{\\*\\ffl a}}{{\\*\\ffl {W}}}}}}}}}{{\\fldrslt a}}}}")
rtf("default of a field", f"{{\\field{{\\*\\fldinst FORMTEXT{{\\*\\formfield{{\\fftype0{{\\*\\ffdeftext {W}}}}}}}}}{{\\fldrslt }}}}")
rtf("help of a field", f"{{\\field{{\\*\\fldinst FORMTEXT{{\\*\\formfield{{\\fftype0{{\\*\\ffstattext {W}}}}}}}}}{{\\fldrslt a}}}}")
rtf("words before a number", f"{{\\*\\pn\\pnlvlbody{{\\pntxtb {W} }}{{\\pntxta .}}}}x\\par ")
rtf("deleted text", f"{{\\deleted {W}}}x\\par ")
rtf("author of a comment", f"{{\\*\\atnid AB}}{{\\*\\atnauthor {W}}}{{\\*\\annotation y}}")
rtf("row without its end", "\\trowd\\pard\\intbl " + W + "\\cell\\pard x\\par ")
rtf("author of a change", "{\\*\\revtbl {Unknown;}{" + W + ";}}")
rtf("nested cells", f"\\trowd\\intbl {{\\itap2 {W}\\nestcell{{\\*\\nesttableprops\\trowd\\nestrow}}}}\\cell\\row\\pard ")
rtf("unicode form", f"{{\\upr{{x}}{{\\*\\ud{{{W}}}}}}}\\par ")
rtf("entry of an index", f"x{{\\xe {W}}}\\par ")
rtf("entry of a table of contents", f"x{{\\tc {W}}}\\par ")
rtf("tooltip", f"{{\\*\\shppict{{\\pict{{\\*\\picprop{{\\sp{{\\sn wzTooltip}}{{\\sv {W}}}}}}}}}}}x")
rtf("description", f"{{\\shp{{\\*\\shpinst{{\\sp{{\\sn wzDescription}}{{\\sv {W}}}}}}}}}x")
rtf("old drawing", f"{{\\*\\do\\dptxbx{{\\dptxbxtext {W}\\par}}}}x")
rtf("drawn group", f"{{\\shpgrp{{\\*\\shpinst{{\\shp{{\\*\\shpinst{{\\shptxt {W}\\par}}}}}}}}}}x")
rtf("background", f"{{\\*\\background{{\\shp{{\\*\\shpinst{{\\sp{{\\sn gtextUNICODE}}{{\\sv {W}}}}}}}}}}}x")
rtf("target of a link", f'{{\\field{{\\*\\fldinst HYPERLINK "https://{W}.example/"}}{{\\fldrslt a}}}}')
rtf("object as text", f"{{\\object\\objemb{{\\*\\objdata 01}}{{\\result {W}}}}}x")
rtf("object", "{\\object\\objemb{\\*\\objclass Word.Document}{\\*\\objdata 0105}}x")
rtf("picture", "{\\pict\\pngblip\\picwgoal5000\\pichgoal5000 89504e47}x")
rtf("comment of the file", f"{{\\info{{\\doccomm {W}}}}}x")
rtf("left header", f"{{\\headerl {W}}}x")
rtf("endnote", f"x{{\\footnote\\ftnalt {W}}}")
rtf("letters by numbers", "z\\u233?bulon\\par ")
rtf("letters by signs", "z\\u233\\'e9bulon\\par ")
rtf("two styles", "z\\'e9{\\b bu}{\\i lon}\\par ")
rtf("formula", f"{{\\mmath{{\\*\\moMath{{\\mr {W}}}}}}}x")
odt("words drawn in emf", '<text:p><draw:frame><draw:image xlink:href="Pictures/i.emf"/></draw:frame></text:p>', parts={"Pictures/i.emf": make.emf(W)})  # type: ignore[arg-type]
odt("command of a form", f'<office:forms><form:form form:command="SELECT {W}"/></office:forms>')
odt("program", "", parts={"Basic/Standard/Module1.xml": f"<module>REM {W}</module>"})  # type: ignore[arg-type]
odt("source of a section", f'<text:section text:name="s"><text:section-source xlink:href="file:///{W}.odt"/><text:p>x</text:p></text:section>')
odt("formula of a variable", f'<text:p><text:variable-set text:name="v" text:formula="ooow:&quot;{W}&quot;">x</text:variable-set></text:p>')
odt("rows of a database", "", parts={"database/script": f"INSERT INTO T VALUES('{W}')"})  # type: ignore[arg-type]
ods("text of a formula", f'<table:table table:name="A"><table:table-row><table:table-cell table:formula="of:=IF(1;&quot;{W}&quot;;0)"><text:p>x</text:p></table:table-cell></table:table-row></table:table>')
ods("text with a name", f'<table:named-expressions><table:named-expression table:name="k" table:expression="of:=&quot;{W}&quot;"/></table:named-expressions>')
ods("query of a database", f'<table:database-ranges><table:database-range><table:database-source-sql table:sql-statement="SELECT {W}"/></table:database-range></table:database-ranges>')
ods("password of a source", f'<table:data-pilot-tables><table:data-pilot-table><table:source-service table:user-name="u" table:password="{W}"/></table:data-pilot-table></table:data-pilot-tables>')
ods("value of another program", f"<table:dde-links><table:dde-link><table:table><table:table-row><table:table-cell>{P}</table:table-cell></table:table-row></table:table></table:dde-link></table:dde-links>")
rtf("variable of macros", f"{{\\*\\docvar {{a}}{{{W}}}}}x")
rtf("connection of a mailing", f"{{\\*\\mailmerge{{\\mmconnectstr Password={W}}}}}x")
