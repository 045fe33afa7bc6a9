package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"sync"
	"unicode/utf8"
)

// isNameStart and isNameByte know the ASCII characters of names (XML 1.0 §2.3); bytes of
// longer characters may stand in a name and are judged by longName.
func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':'
}

func isNameByte(c byte) bool {
	return isNameStart(c) || '0' <= c && c <= '9' || c == '-' || c == '.' || c >= utf8.RuneSelf
}

// name reads a name and cuts it at its colon. missing says what a thing that is no name
// should have been.
func (l *lexer) name(missing string) (prefix, local []byte, err error) {
	name, colons, err := l.whole(missing)
	switch {
	case err != nil:
		return nil, nil, err
	case colons > 1:
		return nil, nil, errors.New(missing)
	case colons == 1:
		if at := bytes.IndexByte(name, ':'); at > 0 && at < len(name)-1 {
			return name[:at], name[at+1:], nil
		}
	}
	return nil, name, nil
}

// whole reads a name as it stands and counts its colons.
func (l *lexer) whole(missing string) (name []byte, colons int, err error) {
	rest, ascii, n := l.data[l.pos:], true, 0
	for ; n < len(rest); n++ {
		c := rest[n]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			continue
		}
		if !isNameByte(c) {
			break
		}
		if c == ':' {
			colons++
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	l.pos += n
	if n == len(rest) {
		return nil, 0, errEnd
	}
	name = rest[:n]
	switch {
	case len(name) == 0:
		return nil, 0, errors.New(missing)
	case ascii && !isNameStart(name[0]), !ascii && !longName(name):
		return nil, 0, fmt.Errorf("invalid XML name: %s", name)
	}
	return name, colons, nil
}

// longName tells whether a name with characters beyond ASCII is one. Such names are so rare
// that the standard library's tables are asked.
func longName(name []byte) bool {
	_, err := xml.NewDecoder(bytes.NewReader([]byte("<" + string(name) + "/>"))).RawToken()
	if err == nil {
		return true
	}
	// More than one colon is refused there for another reason than here.
	_, err = xml.NewDecoder(bytes.NewReader([]byte("<" + string(bytes.ReplaceAll(name, []byte(":"), []byte("_"))) + "/>"))).RawToken()
	return err == nil
}

// commonNames are the names, namespaces and words that documents of our kinds are made of,
// each in its slot. Where two share one the former has it: the other is made anew each time.
var commonNames = sync.OnceValue(func() *[1024]string {
	table := new([1024]string)
	for _, s := range [...]string{
		"alert", "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses", "code", "note",
		"references", "incidents", "info", "language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience",
		"eventCode", "effective", "onset", "expires", "senderName", "headline", "description", "instruction", "web", "contact",
		"parameter", "resource", "area", "resourceDesc", "mimeType", "size", "uri", "derefUri", "digest", "areaDesc", "polygon", "circle",
		"geocode", "altitude", "ceiling", "valueName", "value", "feed", "entry", "item", "rss", "channel", "title", "link", "id", "updated",
		"published", "pubDate", "author", "name", "summary", "content", "guid", "href", "rel", "type", "cap", "xmlns", "xml",
		"Actual", "Exercise", "System", "Test", "Draft", "Alert", "Update", "Cancel", "Public", "Restricted", "Private", "Geo", "Met",
		"Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other", "Shelter", "Evacuate", "Prepare",
		"Execute", "Avoid", "Monitor", "Assess", "AllClear", "None", "Immediate", "Expected", "Future", "Past", "Unknown", "Extreme", "Severe",
		"Moderate", "Minor", "Observed", "Likely", "Possible", "Unlikely", "en-US", "en", "UGC", "SAME", "VTEC", "EMMA_ID", "NUTS3",
		"awareness_level", "awareness_type", "AWIPSidentifier", "WMOidentifier", "NWSheadline", "BLOCKCHANNEL", "EAS-ORG", "references",
		nsCAP12, nsCAP11, nsCAP10, nsCAP10Origin, nsSignature, xmlSpace, "http://www.w3.org/2005/Atom",
	} {
		if at := &table[slot([]byte(s))]; *at == "" {
			*at = s
		}
	}
	return table
})

// slot tells where a common name would stand.
func slot(b []byte) uint {
	n := uint(len(b))
	if n == 0 {
		return 0
	}
	return (n*131 + uint(b[0])*31 + uint(b[n/2])*17 + uint(b[n-1])*7) & 1023
}
