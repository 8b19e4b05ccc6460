package config

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restante/restante/directory"
	imapserver "github.com/restante/restante/imap/server"
	"github.com/restante/restante/imap/text"
	"github.com/restante/restante/mailstore"
)

// problem is a value that cannot be used.
type problem struct {
	key  string // dotted
	text string
}

type problems []problem

func (p *problems) addf(key, format string, args ...any) {
	*p = append(*p, problem{key, fmt.Sprintf(format, args...)})
}

func (p *problems) between(key string, v, low, high int64) {
	if v < low || v > high {
		p.addf(key, "%d is not between %d and %d", v, low, high)
	}
}

func (p *problems) size(key string, v, low, high Size) {
	if v < low || v > high {
		lowText, _ := low.MarshalText()
		highText, _ := high.MarshalText()
		text, _ := v.MarshalText()
		p.addf(key, "%s is not between %s and %s", text, lowText, highText)
	}
}

func (p *problems) atLeast(key string, v Duration, low time.Duration) {
	if v.Duration < low {
		p.addf(key, "%v is less than %v", v, low)
	}
}

func (p *problems) oneOf(key, v string, allowed ...string) {
	if !slices.Contains(allowed, v) {
		p.addf(key, "%q is not one of %s", v, strings.Join(allowed, ", "))
	}
}

func (c Config) problems() []problem {
	var p problems
	if c.Data == "" {
		p.addf("data", "no directory is given")
	}
	p.submit(c.Submit)
	p.http(c.HTTP)
	p.oneOf("imap.language", c.IMAP.Language, text.New().Tags()...)
	p.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	p.oneOf("log.format", c.Log.Format, "text", "json")
	if len(c.TLS.Certificates) != len(c.TLS.Keys) {
		p.addf("tls.keys", "%d keys are given for %d certificates", len(c.TLS.Keys), len(c.TLS.Certificates))
	}
	p.addresses("imap.listen", c.IMAP.Listen)
	p.addresses("imap.listen_tls", c.IMAP.ListenTLS)
	p.networks("imap.proxy_from", c.IMAP.ProxyFrom)
	p.networks("lmtp.proxy_from", c.LMTP.ProxyFrom)
	p.imap(c.IMAP)
	p.addresses("lmtp.listen", c.LMTP.Listen)
	if _, err := c.LMTP.mode(); err != nil {
		p.addf("lmtp.socket_mode", "%q is not a file mode such as \"0660\"", c.LMTP.SocketMode)
	}
	if strings.ContainsAny(c.LMTP.PublicUser, "+@ \t\r\n") {
		p.addf("lmtp.public_user", "%q is not a local part without a detail", c.LMTP.PublicUser)
	}
	p.between("lmtp.recipients", int64(c.LMTP.Recipients), 100, 1e6) // RFC 5321 §4.5.3.1.8
	p.auth(c.Auth)
	p.accounts(c.Accounts)
	p.mailboxes(c.Accounts.Mailboxes, c.Mailstore().Limits)
	p.server(c.Server)
	p.postgresql(c.Store)
	p.blobs(c.Blobs)
	p.size("store.cache", c.Store.Cache, mib, 1<<40)
	p.size("store.memtable", c.Store.MemTable, mib, 1<<30)
	p.size("store.accounts", c.Store.Accounts, 0, 1<<40)
	p.size("store.reserve", c.Store.Reserve, 0, 1<<40)
	p.limits(c.Limits)
	return p
}

func (p *problems) addresses(key string, list []string) {
	for _, a := range list {
		if path, ok := strings.CutPrefix(a, "unix:"); ok {
			if path == "" || len(path) > 100 {
				p.addf(key, "%q: the path of a socket has 1 to 100 bytes", a)
			}
			continue
		}
		_, port, err := net.SplitHostPort(a)
		if err != nil {
			p.addf(key, "%q is not host:port or unix:PATH", a)
		} else if _, err := net.LookupPort("tcp", port); err != nil {
			p.addf(key, "%q has no valid port", a)
		}
	}
}

// imap checks what is told to clients: a word or URL that is no IMAP would break
// the line it stands in.
func (p *problems) imap(m IMAP) {
	p.oneOf("imap.convert_images", m.ConvertImages, "image/jpeg", "image/png", "image/gif", "image/webp")
	p.addresses("imap.listen_legacy", m.ListenLegacy)
	if len(m.ListenLegacy) > 0 && !m.LegacyDialects {
		p.addf("imap.listen_legacy", "imap.legacy_dialects is not set")
	}
	p.capabilities("imap.without", m.Without)
	for _, c := range m.Clients {
		p.capabilities("imap.client", c.Without)
	}
	for key, u := range map[string]string{"imap.moved_to": m.MovedTo, "imap.url": m.URL} {
		if u != "" {
			p.imapURL(key, u)
		}
	}
	for _, r := range m.LoginReferrals {
		if r.User == "" {
			p.addf("imap.login_referral", "no user is given")
		}
		p.imapURL("imap.login_referral", strings.ReplaceAll(r.URL, "%u", "u"))
	}
	for _, r := range m.MailboxReferrals {
		if r.Prefix == "" || strings.EqualFold(r.Prefix, "INBOX") || strings.HasSuffix(r.Prefix, "/") {
			p.addf("imap.mailbox_referral", "%q is not a mailbox that can be elsewhere", r.Prefix)
		}
		if len(r.URLs) == 0 {
			p.addf("imap.mailbox_referral", "%q has no URL", r.Prefix)
		}
		for _, u := range r.URLs {
			p.imapURL("imap.mailbox_referral", u)
		}
	}
}

func (p *problems) capabilities(key string, list []string) {
	for _, name := range list {
		if !imapserver.KnownCapability(name) {
			p.addf(key, "%q is not a capability", name)
		}
	}
}

// imapURL checks a URL of RFC 5092.
func (p *problems) imapURL(key, text string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !strings.EqualFold(u.Scheme, "imap") && !strings.EqualFold(u.Scheme, "imaps") || u.Host == "":
		p.addf(key, "%q is not an IMAP URL", text)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == ']' || r >= 0x7f }):
		p.addf(key, "%q has characters that must be escaped", text)
	}
}

func (p *problems) auth(a Auth) {
	if len(a.Mechanisms) == 0 {
		p.addf("auth.mechanisms", "there is no way to log in")
	}
	for _, m := range a.Mechanisms {
		p.oneOf("auth.mechanisms", m, "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN")
	}
	for _, d := range a.LocalDomains {
		if _, err := directory.Canonical("x@" + d); err != nil {
			p.addf("auth.local_domains", "%q is not a domain", d)
		}
	}
	p.size("auth.argon2_memory", a.Argon2Memory, mib, 4<<30)
	if a.Argon2Memory%kib != 0 {
		p.addf("auth.argon2_memory", "%d bytes are not whole KiB", a.Argon2Memory)
	}
	p.between("auth.argon2_passes", int64(a.Argon2Passes), 1, 100)
	p.between("auth.scram_iterations", int64(a.SCRAMIterations), 4096, 10_000_000)
	p.between("auth.concurrent_hashes", int64(a.ConcurrentHashes), 0, 10_000)
	p.between("auth.free_failures", int64(a.FreeFailures), 1, 1000)
	p.between("auth.waiting_logins", int64(a.WaitingLogins), 1, 10_000)
	p.atLeast("auth.failure_half_life", a.FailureHalfLife, time.Second)
}

func (p *problems) accounts(a Accounts) {
	p.size("accounts.quota_bytes", a.QuotaBytes, 0, 1<<60)
	p.between("accounts.quota_messages", a.QuotaMessages, 0, 1<<40)
	p.between("accounts.quota_mailboxes", a.QuotaMailboxes, 0, 1<<40)
	p.size("accounts.quota_annotations", a.QuotaAnnotations, 0, 1<<60)
	p.between("accounts.quota_warning", int64(a.QuotaWarning), 0, 100)
	for _, name := range a.Submitters {
		if _, err := directory.Canonical(name); err != nil {
			p.addf("accounts.submitters", "%q is not the name of a user", name)
		}
	}
	for _, name := range a.Administrators {
		if _, err := directory.Canonical(name); err != nil {
			p.addf("accounts.administrators", "%q is not the name of a user", name)
		}
	}
}

// mailboxes checks what a new account has: otherwise no account could be made.
func (p *problems) mailboxes(list []Mailbox, l mailstore.Limits) {
	const key = "accounts.mailboxes"
	owner := map[string]string{}
	for _, m := range list {
		if l.CheckName(m.Name) != nil || strings.EqualFold(m.Name, "INBOX") {
			p.addf(key, "%q is not a name for a mailbox besides INBOX", m.Name)
		}
		for _, use := range m.SpecialUse {
			known := mailstore.SpecialUses()
			if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, use) }) {
				p.addf(key, "%q has %s, which is not one of %s", m.Name, use, strings.Join(known, ", "))
			}
			use = strings.ToLower(use)
			if other, taken := owner[use]; taken && other != m.Name {
				p.addf(key, "%q has %s, as %q has: clients would not know which to take", m.Name, use, other)
			}
			owner[use] = m.Name
		}
	}
}

func (p *problems) server(s Server) {
	if u, err := url.Parse(s.Admin); s.Admin != "" && (err != nil || u.Scheme == "") {
		p.addf("server.admin", "%q is not a URI such as mailto:postmaster@example.org", s.Admin) // RFC 5464 §6.2.2
	}
}

func (p *problems) limits(l Limits) {
	for _, c := range []struct {
		key  string
		v    int
		low  int64
		high int64
	}{
		{"metadata_entries", l.MetadataEntries, 10, 1_000_000}, // RFC 5464 §4.1
		{"connections", l.Connections, 1, 10_000_000},
		{"connections_per_address", l.ConnectionsPerAddress, 1, 10_000_000},
		{"connections_per_account", l.ConnectionsPerAccount, 1, 10_000_000},
		{"searches_per_account", l.SearchesPerAccount, 1, 100_000},
		{"login_failures", l.LoginFailures, 1, 1000},
		{"bad_commands", l.BadCommands, 1, 1000},
		{"append_messages", l.AppendMessages, 1, 1_000_000},
		{"nesting", l.Nesting, 10, 1000},
		{"search_keys", l.SearchKeys, 10, 1_000_000},
		{"sequence_set", l.SequenceSet, 1000, 10_000_000},
		{"fetch_sections", l.FetchSections, 10, 1_000_000},
		{"header_fields", l.HeaderFields, 10, 1_000_000},
		{"acl_entries", l.ACLEntries, 10, 100_000},
		{"annotations", l.Annotations, 10, 100_000}, // RFC 5257 §4.1
		{"notify_mailboxes", l.NotifyMailboxes, 1, 1_000_000},
		{"watched_searches", l.WatchedSearches, 1, 10_000},
		{"search_mailboxes", l.SearchMailboxes, 1, 1_000_000},
		{"convert_parts", l.ConvertParts, 1, 10_000},
		{"mailboxes", l.Mailboxes, 10, 1_000_000},
		{"mailbox_name", l.MailboxName, 64, 1000},
		{"mailbox_depth", l.MailboxDepth, 2, 500},
		{"keywords", l.Keywords, 10, 100_000},
		{"keyword_length", l.KeywordLength, 16, 900},
		{"flags_per_command", l.FlagsPerCommand, 10, 100_000},
	} {
		p.between("limits."+c.key, int64(c.v), c.low, c.high)
	}
	for key, v := range map[string]int{"message_limit": l.MessageLimit, "save_limit": l.SaveLimit} {
		if v != 0 {
			p.between("limits."+key, int64(v), 1000, 1<<31) // RFC 9738 §3
		}
	}
	p.size("limits.command_line", l.CommandLine, 8*kib, 1<<30)
	p.size("limits.command_line_before_login", l.CommandLineLogin, kib, mib)
	p.size("limits.command_memory", l.CommandMemory, 8*mib, 1<<40)
	p.size("limits.convert_memory", l.ConvertMemory, 8*mib, 1<<40)
	p.size("limits.convert_image", l.ConvertImage, kib, 1<<40)
	p.size("limits.convert_text", l.ConvertText, kib, 1<<30)
	p.between("limits.convert_messages", int64(l.ConvertMessages), 1, 1e6)
	p.size("limits.literal", l.Literal, 4*kib, 1<<30)
	p.size("limits.literal_before_login", l.LiteralLogin, kib, mib)
	p.size("limits.metadata_value", l.MetadataValue, kib, l.Literal)     // RFC 5464 §4.1
	p.size("limits.annotation_value", l.AnnotationValue, kib, l.Literal) // RFC 5257 §4.1
	p.size("limits.annotation_bytes", l.AnnotationBytes, 16*kib, 1<<40)
	p.size("limits.guest_metadata", l.GuestMetadata, kib, 1<<30)
	p.size("limits.guest_annotations", l.GuestAnnotations, kib, 1<<30)
	p.size("limits.metadata_bytes", l.MetadataBytes, 16*kib, 1<<40)
	p.size("limits.message_size", l.MessageSize, 64*kib, 1<<32-1)
	p.atLeast("limits.login_time", l.LoginTime, time.Second)
	p.atLeast("limits.idle_time", l.IdleTime, 30*time.Minute) // RFC 9051 §5.4
	p.atLeast("limits.command_time", l.CommandTime, time.Second)
	p.atLeast("limits.search_time", l.SearchTime, time.Second)
	p.atLeast("limits.convert_time", l.ConvertTime, time.Second)
	p.atLeast("limits.write_time", l.WriteTime, time.Second)
	p.atLeast("limits.handshake_time", l.HandshakeTime, time.Second)
}

// mode reads the octal file mode.
func (l LMTP) mode() (uint32, error) {
	n, err := strconv.ParseUint(l.SocketMode, 8, 32)
	if err == nil && n > 0o777 {
		err = strconv.ErrRange
	}
	return uint32(n), err
}
