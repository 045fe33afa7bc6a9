package delivery

// A Letter is something that a person gets and that belongs to no warning: a report, or that
// one waits for their approval. It is written down when it is queued, so that each attempt
// says the same.
type Letter struct {
	ID      string            `json:"id"`
	Kind    string            `json:"kind"`  // of its words in the catalogues: "report", "approval"
	About   string            `json:"about"` // id of the report
	Edition int               `json:"edition"`
	Name    string            `json:"name"` // of who gets it
	TLP     string            `json:"tlp"`  // label of what it brings
	Lang    string            `json:"lang"` // of the reader; "" = the contact's
	Zone    string            `json:"zone"` // IANA, of the reader
	Said    map[string]string `json:"said"` // arguments of its words
	Path    string            `json:"path"` // of its page, for who can sign in
	// Link is the address that shows it without signing in, "" = there is none: a secret, which is
	// made when the letter is worded and neither kept nor shown. LinkHash is the SHA-256 of its
	// token; it stands beside the letter, not in it.
	Link     string `json:"-"`
	LinkHash string `json:"-"`
	// File is the name of the attached file; "" = there is none, or it must not leave the house.
	File string `json:"file,omitempty"`
	Type string `json:"type,omitempty"` // of the file, as MIME says it
	Hash string `json:"hash,omitempty"` // SHA-256 of the file
	Size int    `json:"size,omitempty"` // bytes
	// Bytes is the file where the channel takes files; it is kept once for all letters.
	Bytes []byte `json:"-"`
}

// A File goes with a message over channels that take files.
type File struct {
	Name, Type string
	Body       []byte
}
