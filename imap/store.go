package imap

// StoreAction says what STORE does with the flags it names (RFC 9051 §6.4.6).
type StoreAction uint8

// The actions.
const (
	StoreReplace StoreAction = iota // FLAGS
	StoreAdd                        // +FLAGS
	StoreRemove                     // -FLAGS
)

// String gives the data item's name, without .SILENT.
func (a StoreAction) String() string {
	switch a {
	case StoreAdd:
		return "+FLAGS"
	case StoreRemove:
		return "-FLAGS"
	}
	return "FLAGS"
}
