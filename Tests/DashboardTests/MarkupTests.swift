import Testing

@testable import Dashboard

@Suite struct MarkupTests {
    @Test func whatComesFromOutsideIsEscaped() {
        let hostile = "<script>alert(1)</script>\"'&"
        let markup = Markup.element("p", ["title": hostile], .text(hostile))
        #expect(!markup.source.contains("<script"))
        #expect(
            markup.source == "<p title=\"&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\">"
                + "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;</p>")
    }

    @Test func emptyAttributesStandAloneAndMissingOnesAreLeftOut() {
        let markup = Markup.element("input", ["checked": "", "value": nil, "name": "a"])
        #expect(markup.source == "<input checked name=\"a\">")
    }
}
