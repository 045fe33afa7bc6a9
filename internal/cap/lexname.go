package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"unicode/utf8"
)

// nameStarts and nameBytes mark the ASCII characters of names (XML 1.0 §2.3); bytes of longer
// characters are marked too and judged by plainName.
var nameStarts, nameBytes = func() (starts, all [256]bool) {
	for c := range 256 {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':'
		starts[c] = letter
		all[c] = letter || '0' <= c && c <= '9' || c == '-' || c == '.' || c >= utf8.RuneSelf
	}
	return starts, all
}()

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
	from, ascii := l.pos, true
	for ; ; l.pos++ {
		if l.pos >= len(l.data) {
			return nil, 0, errEnd
		}
		c := l.data[l.pos]
		if !nameBytes[c] {
			break
		}
		if c == ':' {
			colons++
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	name = l.data[from:l.pos]
	switch {
	case len(name) == 0:
		return nil, 0, errors.New(missing)
	case ascii && !nameStarts[name[0]], !ascii && !longName(name):
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

// longestCommon is at least the length of each of commonNames.
const longestCommon = 48

// commonNames are the names, namespaces and words that documents of our kinds are made of.
var commonNames = func() map[string]string {
	m := make(map[string]string)
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
		m[s] = s
	}
	return m
}()
