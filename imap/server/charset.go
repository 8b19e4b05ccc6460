package server

import "github.com/restante/restante/message"

// charset gives the conversion of a charset's text to UTF-8 to the parsers, nil
// for a charset that is not known.
func charset(name string) func([]byte) (string, error) {
	d, err := message.CharsetDecoder(name)
	if err != nil {
		return nil
	}
	return func(b []byte) (string, error) {
		out, err := d.Bytes(b)
		return string(out), err
	}
}
