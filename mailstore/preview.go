package mailstore

import (
	"github.com/restante/restante"
	"github.com/restante/restante/message"
)

// Preview makes a message's preview from its bytes, in UTF-8, for a message whose
// summary has none (see [message.Summary.Preview]). Errors as for Summary.
func (r *Reader) Preview(id restante.EmailID) ([]byte, error) {
	p := message.NewParser(message.Limits{})
	if err := r.WriteRange(p, id, 0, -1); err != nil {
		return nil, err
	}
	return p.Finish().AppendPreview(nil), nil
}
