package message

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestAppendPartBody holds that the structure of a part is that of the part which the
// same numbers name elsewhere.
func TestAppendPartBody(t *testing.T) {
	const (
		text  = "Content-Type: text/x-inner\n\nx\n"
		in    = "Content-Type: message/rfc822\n\n"
		mixed = "Content-Type: multipart/x-mixed; boundary=b\n\n--b\n"
	)
	messages := map[string][]byte{
		"a message in one":              []byte(in + text),
		"messages in messages":          []byte(in + in + in + text),
		"parts in a message":            []byte(in + mixed + text + "\n--b\n" + in + text + "\n--b--\n"),
		"a message in one among parts":  []byte(mixed + in + in + text + "\n--b\n" + text + "\n--b--\n"),
		"a message of parts with parts": []byte(mixed + in + mixed[:len(mixed)-6] + "\n--b\n" + text + "--b--\n"),
	}
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if messages[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	for what, m := range messages {
		s := Summary(Parse(m).AppendSummary(nil))
		var look func(path []int)
		look = func(path []int) {
			part, want := s.Part(path)
			body, ok := s.AppendPartBody(nil, path)
			if ok != want {
				t.Errorf("%s %v: %q, %t", what, path, body, ok)
			}
			if !want || len(path) > 6 {
				return
			}
			start := fmt.Sprintf("(%q %q ", part.Type, part.Subtype)
			if part.Kind != KindMultipart && len(path) > 0 && !bytes.HasPrefix(body, []byte(start)) {
				t.Errorf("%s %v: %q does not begin with %s", what, path, body, start)
			}
			for n := range 6 {
				look(append(path[:len(path):len(path)], n))
			}
		}
		look(nil)
	}
}
