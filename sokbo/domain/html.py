"""The names of HTML's elements, by which text about HTML is told from HTML."""

#: These part words, as a browser shows them; the others stand within one.
BLOCKS = frozenset(
    """
    address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form
    frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav noframes ol optgroup option p plaintext
    pre search section select summary table tbody td tfoot th thead title tr ul xmp
    """.split()  # noqa: SIM905 - as many literals would take as many lines
)
#: Every element of the HTML standard, the obsolete ones too.
ELEMENTS = BLOCKS | frozenset(
    """
    a abbr acronym applet area audio b base basefont bdi bdo bgsound big blink button canvas cite code col colgroup data datalist
    del dfn em embed font frame i iframe img input ins kbd label link map mark marquee math meta meter nobr noembed noscript
    object output param picture progress q rb rp rt rtc ruby s samp script slot small source span strike strong style sub sup svg
    template textarea time track tt u var video wbr
    """.split()  # noqa: SIM905 - as many literals would take as many lines
)
