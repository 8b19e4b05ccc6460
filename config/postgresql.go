package config

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

// The engines that Store.Engine names.
const (
	EnginePebble     = "pebble"
	EnginePostgreSQL = "postgresql"
)

// PostgreSQL is the database that several nodes share.
type PostgreSQL struct {
	URL          string   `toml:"url" comment:"The database, as libpq names it: \"postgres://restante@db.example.org/mail?sslmode=verify-full\".\nOf several hosts the primary is found: \"postgres://restante@db1,db2/mail?target_session_attrs=read-write\".\nThe password is in password_file, PGPASSWORD or PGPASSFILE."`
	PasswordFile string   `toml:"password_file" comment:"File whose first line is the password, read for each connection; empty: none."`
	Readers      int      `toml:"read_connections" comment:"Connections of this node for reading."`
	Writers      int      `toml:"write_connections" comment:"Connections of this node for commits."`
	Wait         Duration `toml:"wait" comment:"How long a command waits for a database that cannot be reached, as in a failover, before it is\nanswered with NO [UNAVAILABLE], and how long the program waits when it starts."`
	Bus          string   `toml:"bus" comment:"What tells nodes of each other's commits: \"postgresql\" (LISTEN and NOTIFY) or \"nats\"."`
	NATS         NATS     `toml:"nats" comment:"For many nodes, to which NOTIFY would be a bottleneck."`
}

// NATS is the message server of the bus.
type NATS struct {
	URL          string `toml:"url" comment:"The servers, with commas between: \"tls://n1.example.org,tls://n2.example.org\", or nats:// in cleartext."`
	User         string `toml:"user" comment:"Who logs in; empty: nobody."`
	PasswordFile string `toml:"password_file" comment:"File whose first line is the password, read for each connection."`
	Credentials  string `toml:"credentials" comment:"File with the credentials that NATS' own tools make; empty: none."`
	CA           string `toml:"ca" comment:"File with the certificates by which the servers are known, in PEM; empty: the system's."`
}

func defaultPostgreSQL() PostgreSQL {
	return PostgreSQL{Readers: 32, Writers: 16, Wait: Duration{10 * time.Second}, Bus: EnginePostgreSQL}
}

// Password reads the password file. ok is false where there is none.
func (p PostgreSQL) Password() (password string, ok bool, err error) {
	return firstLine("store.postgresql.password_file", p.PasswordFile)
}

// Password reads the password file. ok is false where there is none.
func (n NATS) Password() (password string, ok bool, err error) {
	return firstLine("store.postgresql.nats.password_file", n.PasswordFile)
}

// firstLine reads a file that holds a secret.
func firstLine(key, file string) (line string, ok bool, err error) {
	if file == "" {
		return "", false, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", key, err)
	}
	data, _, _ = bytes.Cut(data, []byte("\n"))
	return strings.TrimSuffix(string(data), "\r"), true, nil
}

// postgresql checks what is needed to reach the database.
func (p *problems) postgresql(s Store) {
	p.oneOf("store.engine", s.Engine, EnginePebble, EnginePostgreSQL)
	c := s.PostgreSQL
	if s.Engine == EnginePostgreSQL && c.URL == "" {
		p.addf("store.postgresql.url", "the engine is postgresql and no database is named")
	}
	p.noPassword("store.postgresql.url", c.URL)
	p.between("store.postgresql.read_connections", int64(c.Readers), 2, 10_000)
	p.between("store.postgresql.write_connections", int64(c.Writers), 2, 10_000)
	p.atLeast("store.postgresql.wait", c.Wait, 100*time.Millisecond)
	p.oneOf("store.postgresql.bus", c.Bus, EnginePostgreSQL, "nats")
	if c.Bus == "nats" && c.NATS.URL == "" {
		p.addf("store.postgresql.nats.url", "the bus is nats and no server is named")
	}
	if strings.Contains(c.NATS.URL, "@") { // a name alone would be a token, which is a secret too
		p.addf("store.postgresql.nats.url", "it has a login, which belongs into user and password_file")
	}
	if c.NATS.User == "" && c.NATS.PasswordFile != "" {
		p.addf("store.postgresql.nats.user", "there is a password and no user")
	}
}

// passwordSetting is a password in libpq's form of key=value.
var passwordSetting = regexp.MustCompile(`(?i)(^|[\s?&])(ssl)?password\s*=`)

// noPassword refuses a password in a URL, which would be printed with the rest of
// the configuration. The value is not repeated for the same reason.
func (p *problems) noPassword(key, value string) {
	_, rest, isURL := strings.Cut(value, "://")
	user, _, hasUser := strings.Cut(rest, "@")
	if u, err := url.PathUnescape(user); err == nil {
		user = u
	}
	if isURL && hasUser && strings.Contains(user, ":") && !strings.ContainsAny(user, "/?") || passwordSetting.MatchString(value) {
		p.addf(key, "it has a password, which belongs into password_file")
	}
}
