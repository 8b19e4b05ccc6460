package interchange

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// A file that is gone when its turn comes, as a running server renames them, is one
// message's trouble.
func TestAppendOfWhatIsGone(t *testing.T) {
	s, err := mailstore.Open(t.Context(), mailstore.Options{KV: memkv.New()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := newAccount(t, s, "alice")
	defer a.Release()
	there := Message{Size: 4, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("\r\nx\n")), nil }}
	gone := Message{Size: 4, Open: func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }}
	_, err = a.Append(t.Context(), "INBOX", []Message{there, gone})
	var one *MessageError
	if !errors.As(err, &one) || one.Index != 1 || !errors.Is(err, fs.ErrNotExist) || a.State().Usage().Messages != 0 {
		t.Fatal(err, a.State().Usage())
	}
}
