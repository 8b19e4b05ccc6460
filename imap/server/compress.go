package server

import (
	"context"
	"errors"
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/serve"
)

// compress handles COMPRESS (RFC 4978 §3). All that follows the answer is
// compressed, below TLS or not; what the client has sent behind the command
// without waiting for the answer is taken as compressed.
func (s *session) compress(_ context.Context, c command.Compress) (imap.StatusResponse, error) {
	switch {
	case c.Algorithm != "DEFLATE":
		return done, imap.Bad("DEFLATE is the only algorithm")
	case s.conn.Compressed():
		return done, &imap.StatusResponse{Type: imap.StatusBad, Code: imap.CodeCompressionActive, Text: "DEFLATE active already"}
	}
	s.behind = func(context.Context) error {
		s.conn.Compress(s.dec.Take())
		return nil
	}
	return ok("", "DEFLATE active"), nil
}

// uncompress ends the compression and logs what it was worth.
func (s *session) uncompress(ctx context.Context) error {
	s.logCompression(ctx)
	_, err := s.conn.EndCompression()
	return err
}

// logCompression tells of a compressed connection how large what went over it
// was, in octets, and what was left of that.
func (s *session) logCompression(ctx context.Context) {
	if !s.conn.Compressed() {
		return
	}
	n := s.conn.Compression()
	s.srv.metrics.compression(n)
	s.log.InfoContext(ctx, "compressed", "sent", n.Sent, "sent_as", n.SentCompressed, "received", n.Received, "received_as", n.ReceivedCompressed,
		slog.Float64("ratio", float64(n.SentCompressed+n.ReceivedCompressed)/float64(max(n.Sent+n.Received, 1))))
}

// sayDamaged says why the connection ends where compressed data is damaged.
func (s *session) sayDamaged(err error) {
	if errors.Is(err, serve.ErrDeflate) && s.state != stateLogout {
		s.bye("", "Compressed data is damaged")
	}
}
