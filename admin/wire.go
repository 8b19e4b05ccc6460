package admin

import (
	"encoding/json"
	"errors"

	"github.com/restante/restante"
)

// On the socket a client sends one request and reads any number of events and
// then one output or error, each a line of JSON. Closing the connection ends
// the operation. A request that says so is followed by bytes for the operation,
// up to where the client shuts its side down.

type request struct {
	Op   string          `json:"op"`
	In   json.RawMessage `json:"in"`
	Body bool            `json:"body,omitempty"`
}

type response struct {
	Event json.RawMessage `json:"event,omitempty"`
	Out   json.RawMessage `json:"out,omitempty"`
	Error string          `json:"error,omitempty"`
	Kind  string          `json:"kind,omitempty"` // of Error
	Done  bool            `json:"done,omitempty"` // with Out or Error
}

// maxRequest bounds a request, in bytes.
const maxRequest = 1 << 20

// kinds are the error kinds that cross the socket, by the name they have there.
func kinds() map[string]error {
	return map[string]error{
		"not-found": restante.ErrNotFound, "exists": restante.ErrExists, "not-permitted": restante.ErrNotPermitted,
		"invalid": restante.ErrInvalid, "limit": restante.ErrLimit, "over-quota": restante.ErrOverQuota,
		"too-large": restante.ErrTooLarge, "no-space": restante.ErrNoSpace, "unavailable": restante.ErrUnavailable,
		"corrupt": restante.ErrCorrupt,
	}
}

func kindOf(err error) string {
	for name, kind := range kinds() {
		if errors.Is(err, kind) {
			return name
		}
	}
	return ""
}

// remoteError is an error as the server said it.
type remoteError struct {
	text string
	kind error
}

func (e *remoteError) Error() string { return e.text }
func (e *remoteError) Unwrap() error { return e.kind }
