package cap

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// told writes what the lexer finds in a document, one line a token, and how it ends.
func told(data []byte) (lines []string, fault bool) {
	l := newLexer(data)
	for {
		err, tok := l.next(), &l.tok
		if err != nil {
			return append(lines, fmt.Sprintf("end at %d", l.pos)), err != io.EOF
		}
		line := ""
		switch tok.kind {
		case startTag:
			line = fmt.Sprintf("start %q %q", tok.space, tok.name)
			for _, a := range tok.attrs {
				line += fmt.Sprintf(" %q %q=%q", a.space, a.name, a.value)
			}
		case endTag:
			line = "end"
		case charData:
			line = fmt.Sprintf("text %q", tok.data)
		case remark:
			line = "remark"
		case directive:
			line = "directive"
		}
		lines = append(lines, fmt.Sprintf("%s behind %d", line, l.pos))
	}
}

// toldByStandard does the same with the decoder of encoding/xml.
func toldByStandard(data []byte) (lines []string, fault bool) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return append(lines, fmt.Sprintf("end at %d", d.InputOffset())), false
		}
		if err != nil {
			return append(lines, ""), true // where exactly it stops is its own affair
		}
		line := ""
		switch x := tok.(type) {
		case xml.StartElement:
			line = fmt.Sprintf("start %q %q", x.Name.Space, x.Name.Local)
			for _, a := range x.Attr {
				line += fmt.Sprintf(" %q %q=%q", a.Name.Space, a.Name.Local, a.Value)
			}
		case xml.EndElement:
			line = "end"
		case xml.CharData:
			line = fmt.Sprintf("text %q", []byte(x))
		case xml.Comment, xml.ProcInst:
			line = "remark"
		case xml.Directive:
			line = "directive"
		}
		lines = append(lines, fmt.Sprintf("%s behind %d", line, d.InputOffset()))
	}
}

// agree holds the lexer against encoding/xml: the same tokens, names, texts and offsets, and
// the same documents refused behind the same token.
func agree(t *testing.T, name string, data []byte) {
	t.Helper()
	got, fault := told(data)
	want, wantFault := toldByStandard(data)
	if fault {
		got[len(got)-1] = ""
	}
	if fault != wantFault || len(got) != len(want) {
		t.Errorf("%s: %d tokens, fault %v, want %d, %v; last\n%s\nwant\n%s", name, len(got), fault, len(want), wantFault, got[max(0, len(got)-2):], want[max(0, len(want)-2):])
		return
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%s: token %d\n%s\nwant\n%s", name, i, got[i], want[i])
			return
		}
	}
}

// oddities are documents at the edges of XML.
func oddities() []string {
	list := []string{
		"", " ", "<", "<a", "<a>", "<a/>", "<a />", "<a / >", "</a>", "<a></b>", "<a></a>x", "<a></a><b/>", "x<a/>", "<a></a >", "<a></a b>", "<>", "< a/>",
		"<a b/>", "<a b=c/>", "<a b='c'/>", `<a b="c" b="d"/>`, `<a b="<"/>`, `<a b="]]>"/>`, `<a b = "c"d="e"/>`, `<a b="c`, `<a b="&lt;&#60;&#x3c;"/>`, "<a b=\"x\r\ny\rz\n\"/>",
		"<a>&lt;&gt;&amp;&apos;&quot;</a>", "<a>&nbsp;</a>", "<a>&</a>", "<a>& b</a>", "<a>&lt</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&#65</a>", "<a>&#0;</a>", "<a>&#1;</a>", "<a>&#xD800;</a>",
		"<a>&#xFFFE;</a>", "<a>&#x10FFFF;</a>", "<a>&#x110000;</a>", "<a>&#99999999999999999999;</a>", "<a>&#13;\n</a>", "<a>&lt", "<a>&#6", "<a>&#x", "<a>&", "<a>&:;</a>", "<a>&1;</a>", "<a>&amp&amp;</a>",
		"<a>]]></a>", "<a>]]&gt;</a>", "<a>]]</a>", "<a>]]&bad;></a>", "<a>&bad;]]></a>", "<a>\r\n\r\n\r</a>", "<a>\x00</a>", "<a>\x1f</a>", "<a>\ufffe</a>", "<a>\uffff</a>", "<a>\ufffd</a>", "<a>\ufeff</a>", "<a b='\x01'/>",
		"<!-- c --><a/>", "<!--c-- d--><a/>", "<!---><a/>", "<!----><a/>", "<!--->--><a/>", "<!--", "<!-", "<!", "<!-x-><a/>", "<!-- --", "<!-- \x01 \ufffe--><a/>", "<!-- ---><a/>",
		"<a><![CDATA[x]]></a>", "<a><![CDATA[]]></a>", "<a><![CDATA[]]]]></a>", "<a><![CDATA[]]]]><![CDATA[>]]></a>", "<a><![CDATA[<b>&amp;\r\n\r]]></a>", "<a><![CDATA[", "<a><![CDAT", "<a><![CDATX[]]></a>", "<![", "<a><![CDATA[\x02]]></a>",
		"<?xml version='1.0'?><a/>", "<?xml version='1.1'?><a/>", `<?xml  version="1.0" encoding="x"?><a/>`, "<?xml?><a/>", "<?xml version=1.1?><a/>", "<?a b?c?><a/>", "<? a?>", "<?a", "<?a?", "<?1?>", "<?a:b:c d?><a/>", "<?xml xversion='2'?><a/>", "<?xml version='?><a/>", "<?é?><a/>",
		"<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b 'c>'>]><a/>", "<!DOCTYPE a [<!-- > -->]><a/>", "<!DOCTYPE a", "<!DOCTYPE '>' ><a/>", "<!a <!-- ' --> b><a/>", "<!a <!- > ><a/>", "<!'><a/>", "<!>", "<!x<>><a/>", "<!x<!--", "<!\"x>\"><a/>",
		"<a xmlns='u'><b/><c xmlns=''/><d/></a>", "<p:a xmlns:p='u'><p:b xmlns:p='v' p:c='1'/><p:d/></p:a>", "<p:a/>", "<p:a></a>", "<p:a></q:a>", "<a:b:c/>", "<:a/>", "<a:/>", "<:/>", "<a :b='1' c:='2'/>", "<xml:a/>", "<a xml:lang='en'/>", "<xmlns/>", "<xmlns:a/>", "<xmlns:a></xmlns:a>",
		"<a xmlns:xmlns='u'><xmlns:b/></a>", "<a xmlns:p='u' p:b='1' b='2' xmlns='v'/>", "<a xmlns:p=''><p:b/></a>",
		"<é/>", "<é></é>", "<a é='1'/>", "<\u00d7/>", "<a\u00d7/>", "<é:b:c/>", "<é:b xmlns:é='u'/>", "<\u2028/>", "<-a/>", "<.a/>", "<1a/>", "<a-.1/>", "<a\x00/>", "<a\u0301/>", "<\u0301a/>",
		"<a>text<b>c</b>more &amp; more<!-- x -->tail<![CDATA[cd\r]]>&lt;</a>",
	}
	for _, tail := range []string{"<a", "<a b", "<a b=", "<a b='", "<a ", "<a/", "</", "</a", "</a ", "<a>x", "<a>]]", "<a><b></b>"} {
		list = append(list, "<r>"+tail, tail)
	}
	return list
}

func TestLexerAgreesWithStandard(t *testing.T) {
	t.Parallel()
	for _, doc := range oddities() {
		agree(t, doc, []byte(doc))
	}
	files, err := filepath.Glob("testdata/*.*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		agreeOnFile(t, file)
	}
}

// agreeOnFile also takes the document cut off at many places.
func agreeOnFile(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := toUTF8(raw, containerMaxBytes, &trail{})
	if err != nil || looksLikeJSON(data) {
		return
	}
	agree(t, filepath.Base(file), data)
	for cuts := range 16 {
		at := len(data) * cuts / 16
		agree(t, fmt.Sprintf("%s cut at %d", filepath.Base(file), at), data[:at])
	}
}

func TestLexerAgreesWithStandardOnCorpus(t *testing.T) {
	t.Parallel()
	root := os.Getenv("WATCHFIRE_CORPUS")
	if root == "" {
		t.Skip("WATCHFIRE_CORPUS is not set")
	}
	read := 0
	err := filepath.WalkDir(filepath.Join(root, "feeds"), func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		head := make([]byte, 4096)
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		n, _ := io.ReadFull(f, head)
		if err := f.Close(); err != nil {
			return err
		}
		if info, _ := entry.Info(); bytes.IndexByte(head[:n], '<') >= 0 && info.Size() < 4<<20 {
			agreeOnFile(t, file)
			read++
		}
		return nil
	})
	if err != nil || read < 200 {
		t.Errorf("%d files read: %v", read, err)
	}
	t.Logf("%d files, each whole and cut at 15 places", read)
}

func FuzzLexer(f *testing.F) {
	for _, doc := range oddities() {
		f.Add([]byte(doc))
	}
	f.Add([]byte(strings.Repeat("<a xmlns:p='u'>", 5)))
	f.Fuzz(func(t *testing.T, data []byte) { agree(t, "fuzz", data) })
}
