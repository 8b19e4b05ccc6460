package server

import "io"

// spillSize is how much a command writes into its own buffer before handing it
// on.
const spillSize = 64 << 10

// takeLiteral asks the client for the literal that was just announced and copies its
// octets to w through a buffer of its own.
func (s *session) takeLiteral(w io.Writer) error {
	r, err := s.dec.AcceptLiteral()
	if err != nil {
		return err
	}
	buf := s.srv.scratch.Get(spillSize)
	defer s.srv.scratch.Put(buf)
	// Neither side shows more methods than these, so that the buffer is what is used.
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, buf[:cap(buf)])
	return err
}
