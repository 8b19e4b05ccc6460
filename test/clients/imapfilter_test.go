package clients_test

import (
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

const imapfilterConfig = `
options.timeout = 300
options.create = true
options.subscribe = true
options.certificates = true
account = IMAP { server = 'localhost', port = {imaps}, ssl = 'auto', username = '{user}', password = '{password}' }
mailboxes, folders = account:list_all()
assert(#mailboxes >= 6, 'mailboxes: ' .. #mailboxes)
exist, unread, unseen, uidnext = account.INBOX:check_status()
assert(exist == 5 and unseen == 4 and uidnext == 6, 'status ' .. exist .. ' ' .. unseen .. ' ' .. uidnext)

lists = account.INBOX:contain_subject('[golang]') + account.INBOX:contain_field('List-Id', 'golang')
assert(#lists == 2, 'lists ' .. #lists)
lists:move_messages(account['Lists/Go'])

old = account.INBOX:is_older(30)
assert(#old == 0, 'old ' .. #old)
sent = account.INBOX:sent_before('01-Jan-2023') * account.INBOX:is_seen()
assert(#sent == 1, 'sent ' .. #sent)
sent:mark_flagged()
cheap = account.INBOX:contain_body('cheap') * account.INBOX:is_unseen()
assert(#cheap == 1, 'cheap ' .. #cheap)
cheap:delete_messages()
rest = account.INBOX:match_subject('^rest') - account.INBOX:is_flagged()
assert(#rest == 1, 'rest ' .. #rest)
rest:copy_messages(account.Archive)
rest:add_flags({ 'Important', '$Work' })
rest:mark_answered()
for _, message in ipairs(rest) do
    mailbox, uid = table.unpack(message)
    assert(mailbox[uid]:fetch_header():find('Subject: rest'), 'header')
    assert(mailbox[uid]:fetch_body():find('text'), 'body')
    assert(mailbox[uid]:fetch_size() > 100, 'size')
    assert(mailbox[uid]:fetch_field('From') == 'From: Bob <bob@example.com>', 'field')
end
account:create_mailbox('Temporary')
account:rename_mailbox('Temporary', 'Passing')
account:delete_mailbox('Passing')
`

// TestImapfilter runs rules that search, move, copy, flag and delete.
func TestImapfilter(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "imapfilter", "imapfilter")
	s := start(t)
	c := login(t, s)
	for _, m := range []struct{ name, flags, header, text string }{
		{"[golang] a", "", "", "about Go"},
		{"b", "", "List-Id: <golang.example.com>\r\n", "about Go too"},
		{"rest", "", "", "text"},
		{"seen", `\Seen`, "", "cheap, but read"},
		{"spam", "", "", "cheap"},
	} {
		if _, _, err := c.Append("INBOX", m.flags, append([]byte(m.header), letter(m.name, m.text)...)); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(s.Dir, "imapfilter.lua")
	write(t, config, fill(s, imapfilterConfig))
	run(t, s.Dir, nil, program, "-v", "-c", config, "-t", s.CA)
	same(t, "INBOX", picture(t, c, "INBOX"), map[string]string{"rest": `$work \answered important`, "seen": `\flagged \seen`})
	same(t, "Lists/Go", picture(t, c, "Lists/Go"), map[string]string{"[golang] a": "", "b": ""})
	same(t, "Archive", picture(t, c, "Archive"), map[string]string{"rest": ""})
}
