package clients_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/internal/loopback"
	"github.com/restante/restante/test/binary"
)

// roundcubeRoot is where Debian has Roundcube.
const roundcubeRoot = "/var/lib/roundcube"

const roundcubeConfig = `<?php
$config = [];
$config['db_dsnw'] = 'sqlite:///{dir}/roundcube/roundcube.db?mode=0600';
$config['imap_host'] = 'ssl://localhost:{imaps}';
$config['imap_conn_options'] = ['ssl' => ['verify_peer' => true, 'cafile' => '{ca}']];
$config['imap_cache'] = null;
$config['smtp_host'] = 'localhost:1';
$config['des_key'] = 'rcmail-!24ByteDESkey*Str';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['log_dir'] = '{dir}/roundcube/';
$config['temp_dir'] = '{dir}/roundcube/';
$config['session_samesite'] = 'Lax';
$config['language'] = 'en_US';
$config['message_sort_order'] = 'DESC';
$config['drafts_mbox'] = 'Drafts';
$config['sent_mbox'] = 'Sent';
$config['junk_mbox'] = 'Junk';
$config['trash_mbox'] = 'Trash';
$config['enable_spellcheck'] = false;
`

// TestRoundcube drives Roundcube under PHP's own web server in a headless browser:
// login, list, sort, search, threads, reading, moving, saving a draft.
func TestRoundcube(t *testing.T) {
	t.Parallel()
	node, php, browser := binary.Need(t, "node", "nodejs"), binary.Need(t, "php", "php-cli"), binary.Need(t, "chromium", "chromium")
	if _, err := os.Stat(roundcubeRoot); err != nil {
		binary.Missing(t, "Roundcube is not installed (Debian packages roundcube-core and roundcube-sqlite3)")
	}
	if _, err := os.Stat("roundcube/node_modules/playwright-core"); err != nil {
		binary.Missing(t, "playwright-core is not installed (npm ci --prefix test/clients/roundcube)")
	}
	script, err := filepath.Abs("roundcube/session.mjs")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t)
	c := login(t, s)
	for _, m := range []struct{ name, header string }{
		{"apple", ""}, {"fig", ""}, {"Re: apple", "In-Reply-To: <apple@example.com>\r\n"}, {"pear", ""},
	} {
		text := strings.Replace(string(letter(m.name, "text of "+m.name)), "<Re: apple@", "<re.apple@", 1)
		if _, _, err := c.Append("INBOX", "", []byte(m.header+text)); err != nil {
			t.Fatal(err)
		}
	}
	// It shows what the user is subscribed to, which a new account is to its mailboxes.
	address := serveRoundcube(t, s, php)
	t.Log(run(t, s.Dir, nil, node, script, address, browser, filepath.Join(s.Dir, "browser"), alice, password))
	// It may have begun to show the next message after the one that was moved.
	inbox := picture(t, c, "INBOX")
	inbox["re.apple"] = ""
	same(t, "INBOX", inbox, map[string]string{"apple": "", "re.apple": "", "pear": ""})
	same(t, "Archive", picture(t, c, "Archive"), map[string]string{"fig": `\seen`})
	if got := picture(t, c, "Drafts"); len(got) != 1 {
		t.Errorf("drafts: %v", got)
	}
}

// serveRoundcube starts Roundcube with a configuration and a database of its own,
// and answers its address.
func serveRoundcube(t *testing.T, s *binary.Server, php string) string {
	t.Helper()
	dir := filepath.Join(s.Dir, "roundcube")
	write(t, filepath.Join(dir, "config.inc.php"), fill(s, roundcubeConfig))
	for _, name := range []string{"defaults.inc.php", "mimetypes.php"} {
		text, err := os.ReadFile(filepath.Join("/etc/roundcube", name))
		if err != nil {
			binary.Missing(t, err.Error())
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	run(t, dir, nil, php, "-r", "(new PDO('sqlite:roundcube.db'))->exec(file_get_contents('"+roundcubeRoot+"/SQL/sqlite.initial.sql'));")

	address := loopback.FreeAddr(t)
	log, err := os.Create(filepath.Join(dir, "php.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(php, "-d", "session.save_path="+dir, "-S", address, "-t", filepath.Join(roundcubeRoot, "public_html"))
	cmd.Env = append(os.Environ(), "ROUNDCUBE_CONFIG_DIR="+dir, "PHP_CLI_SERVER_WORKERS=3")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		log.Close()
		if t.Failed() {
			for _, name := range []string{"php.log", "errors.log"} {
				text, _ := os.ReadFile(filepath.Join(dir, name))
				t.Logf("%s:\n%s", name, text[max(0, len(text)-4000):])
			}
		}
	})
	binary.Eventually(t, "Roundcube answers", func() error {
		answer, err := http.Get("http://" + address + "/")
		if err != nil {
			return err
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return errors.New(answer.Status)
		}
		return nil
	})
	return "http://" + address + "/"
}
