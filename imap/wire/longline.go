package wire

import "github.com/restante/restante/imap"

// LongLineTag gives the tag of a command whose line [Decoder.Begin] found too
// long, so that it can be answered like others. It is for use before
// [Decoder.Finish]; the result is false where there is no tag.
func (d *Decoder) LongLineTag() (string, bool) {
	line := d.buf[d.line:]
	for i, c := range line {
		if !imap.IsTagChar(c) {
			return string(line[:i]), i > 0 && c == ' '
		}
	}
	return "", false
}
