package cap

import "time"

// Alert is one CAP message. Text is trimmed at both ends; lists keep document order.
type Alert struct {
	// Version is "1.0", "1.1" or "1.2" as told by the namespace, empty when the
	// namespace is not one of CAP. Marshal writes 1.2 whatever it says.
	Version string

	Identifier string
	Sender     string
	// Sent keeps the offset of the document.
	Sent    time.Time
	Status  Status
	MsgType MsgType
	Source  string
	Scope   Scope
	// Restriction is the rule for limiting distribution, used when Scope is Restricted.
	Restriction string
	// Addresses are the intended recipients when Scope is Private, quotes removed.
	Addresses []string
	Codes     []string
	Note      string
	// References name the earlier messages this one updates, cancels or answers.
	References []Reference
	// Incidents group messages about the same event, quotes removed.
	Incidents []string
	Infos     []Info

	// Signed tells that the document carried an XML signature. It was not verified.
	Signed bool
}

// Info is one <info> block: what happens, in one language.
type Info struct {
	// Language is an RFC 3066 code; "en-US" when the document names none (CAP 1.2 §3.2.2).
	Language      string
	Categories    []Category
	Event         string
	ResponseTypes []ResponseType
	// Urgency, Severity and Certainty are Unknown when missing or not in the vocabulary.
	Urgency    Urgency
	Severity   Severity
	Certainty  Certainty
	Audience   string
	EventCodes []Pair
	// Effective, Onset and Expires are zero when the document does not give them.
	Effective   time.Time
	Onset       time.Time
	Expires     time.Time
	SenderName  string
	Headline    string
	Description string
	Instruction string
	Web         string
	Contact     string
	Parameters  []Pair
	Resources   []Resource
	Areas       []Area
}

// Pair is a valueName with its value, as in eventCode, parameter and geocode.
type Pair struct {
	Name  string
	Value string
}

// Resource is a file that belongs to an Info. The content of derefUri is not kept.
type Resource struct {
	Desc     string
	MimeType string
	// Size is in bytes as the sender states it, 0 when not stated.
	Size int64
	URI  string
	// Digest is the sender's SHA-1 of the file in hexadecimal.
	Digest string
	// DerefSize and DerefSHA256 describe the embedded content after base64 decoding: its
	// length in bytes and its SHA-256 in lower-case hexadecimal. When the content was not
	// base64 they describe the text without white space. Empty when nothing was embedded.
	DerefSize   int64
	DerefSHA256 string
}

// Area is one affected area. Polygons, circles and geocodes add up: the area is their union.
type Area struct {
	Desc string
	// Polygons are closed rings: at least four points, the last equal to the first.
	Polygons [][]Point
	Circles  []Circle
	Geocodes []Pair
	// Altitude is the lower limit or the only height, Ceiling the upper limit, both in
	// feet above mean sea level; nil when not given.
	Altitude *float64
	Ceiling  *float64
}

// Point is a WGS 84 position in degrees, in the order of the document.
type Point struct {
	Lat float64
	Lon float64
}

// Circle is a centre and a radius in kilometres.
type Circle struct {
	Centre   Point
	RadiusKm float64
}

// Problem is one departure from the standard.
type Problem struct {
	// Path is the place, such as /alert/info[1]/area[2]/polygon[1], counted from one.
	Path string
	// Reason says what is wrong and, when the reader mended it, how.
	Reason string
	// Minor marks advice: the message is valid CAP all the same.
	Minor bool
}

// String gives "path: reason".
func (p Problem) String() string { return p.Path + ": " + p.Reason }
