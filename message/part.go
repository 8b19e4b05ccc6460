package message

// Message is what the parser found in one message.
type Message struct {
	Size int64 // octets of the whole message
	Root *Part // the message's own header and body

	// Truncated says that a header field was longer than [Limits] keeps, or that
	// there are several subjects, so that the texts taken from them are incomplete.
	Truncated bool
}

// HeaderSize is the length in octets of the message's header with the empty
// line that ends it.
func (m *Message) HeaderSize() int64 { return m.Root.BodyStart }

// Part is one node of the part tree. Offsets are octets from the start of the
// message as received: the header is [HeaderStart, BodyStart), with the empty
// line that ends it, and the body [BodyStart, BodyEnd), without the line end
// that belongs to the boundary after it (RFC 2046 §5.1.1).
type Part struct {
	HeaderStart int64
	BodyStart   int64
	BodyEnd     int64
	Lines       int64 // line ends in the body

	// Type and Subtype are in lower case; text/plain, or message/rfc822 in a
	// multipart/digest, where the header gives none (RFC 2045 §5.2).
	Type, Subtype string
	Params        []Param
	Encoding      string // in lower case; "7bit" where the header gives none

	// These are as in the header, unfolded; nil where the field is absent.
	ID, Description, MD5, Location []byte

	Disposition       string // in lower case; "" where absent
	DispositionParams []Param
	Language          []string

	// Envelope is set on the root and on the one child of a message/rfc822 or
	// message/global part.
	Envelope *Envelope
	Children []*Part

	lfAtBody int64  // line ends before BodyStart
	digest   bool   // a child without Content-Type is message/rfc822
	sample   []byte // the beginning of a text's body as it came; see sampler
}

// Param is one parameter of Content-Type or Content-Disposition, its RFC 2231
// pieces joined.
type Param struct {
	Name  string // in lower case, without the asterisk of RFC 2231
	Value string
	// Extended says that the value came in the extended form of RFC 2231 §4;
	// Value is then decoded to UTF-8.
	Extended bool
	// Language is the language tag of an extended value, often empty.
	Language string
}

// BodySize is the number of octets in the body, in its transfer encoding.
func (p *Part) BodySize() int64 { return p.BodyEnd - p.BodyStart }

// IsMultipart says whether the part is of type multipart.
func (p *Part) IsMultipart() bool { return p.Type == "multipart" }

// IsMessage says whether the part holds a message that has parts of its own
// (RFC 9051 §6.4.5.1).
func (p *Part) IsMessage() bool {
	return p.Type == "message" && (p.Subtype == "rfc822" || p.Subtype == "global")
}

// Param gives the value of a Content-Type parameter; the name is in lower case.
func (p *Part) Param(name string) (string, bool) {
	for i := range p.Params {
		if p.Params[i].Name == name {
			return p.Params[i].Value, true
		}
	}
	return "", false
}
