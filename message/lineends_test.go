package message

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestCRLF(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "\n": "\r\n", "\r\n": "\r\n", "a\nb\r\nc\n\n": "a\r\nb\r\nc\r\n\r\n", "a\rb\r\r\n": "a\rb\r\r\n", "a\r": "a\r",
	} {
		for _, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			got, err := io.ReadAll(CRLF(r, int64(len(in))))
			if err != nil || string(got) != want {
				t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
			}
		}
	}
}
