package pgkv

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// maxServers bounds the servers that are remembered.
const maxServers = 1024

// servers are the database servers that there were connections to, by when each was
// started.
type servers struct {
	sync.Mutex
	known map[string]struct{}
}

// add reports whether a server is another than those that were known.
func (s *servers) add(started string) (another bool) {
	s.Lock()
	defer s.Unlock()
	if _, known := s.known[started]; known {
		return false
	}
	another = len(s.known) > 0
	if s.known == nil || len(s.known) >= maxServers {
		s.known = make(map[string]struct{})
	}
	s.known[started] = struct{}{}
	return another
}

// meet asks the server at the end of a new connection who it is. Another one than before
// may be a standby that has taken over, which may lack commits, so that versions do not
// tell any more what is known here: then everything is looked at. The bus does not tell
// that if it is not the database's own.
func (s *Store) meet(ctx context.Context, c *pgx.Conn) error {
	answer, cancel := context.WithTimeout(ctx, s.options.AnswerTime) // the pool itself waits for ever
	defer cancel()
	answers, err := c.PgConn().Exec(answer, sqlStarted).ReadAll()
	if c.IsClosed() {
		return err
	}
	if err != nil || len(answers) != 1 || len(answers[0].Rows) != 1 {
		return nil // a database that cannot tell
	}
	if s.servers.add(string(answers[0].Rows[0][0])) {
		s.log.InfoContext(ctx, "this is another database server than before, or it was started anew; looking at everything again")
		s.tell(0, 0, true)
	}
	return nil
}
