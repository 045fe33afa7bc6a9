package cap

// Limits of a document, applied when an Options field is zero.
const (
	DefaultMaxBytes  = 8 << 20
	DefaultMaxDepth  = 64
	DefaultMaxTokens = 1_000_000
)

// Limits of a container (a feed, a wrapper, an index), which holds many documents.
const (
	containerMaxBytes  = 32 << 20
	containerMaxTokens = 2_000_000
)

const (
	// maxAttributes is far above any real element (XML-DSig and EDXL need about five).
	maxAttributes = 64
	// maxInfos is far above any real alert (one info for each language and each region);
	// an empty info of 7 bytes would otherwise cost a hundred times as much memory.
	maxInfos = 1000
	// maxProblems keeps a hostile document from growing its own report.
	maxProblems = 1000
	// maxLostPieces bounds the errored pieces made for what lies behind a fault.
	maxLostPieces = 10_000
)

// Options bounds what Parse accepts. The zero value means the defaults.
type Options struct {
	// MaxBytes is the largest document in bytes.
	MaxBytes int
	// MaxDepth is the deepest nesting of elements.
	MaxDepth int
	// MaxTokens is the largest number of XML tokens.
	MaxTokens int
}

func (o Options) orDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.MaxDepth <= 0 {
		o.MaxDepth = DefaultMaxDepth
	}
	if o.MaxTokens <= 0 {
		o.MaxTokens = DefaultMaxTokens
	}
	return o
}

func containerLimits() Options {
	return Options{MaxBytes: containerMaxBytes, MaxDepth: DefaultMaxDepth, MaxTokens: containerMaxTokens}
}
