// Package config reads the configuration file, one TOML document in which
// every key is optional, and turns it into the options of the other packages.
package config

// Config is the whole configuration. Its zero values mean zero, not a default:
// begin with Default.
type Config struct {
	Data     string   `toml:"data" comment:"Directory of the store, the administration socket and large messages on their way in."`
	Log      Log      `toml:"log"`
	TLS      TLS      `toml:"tls" comment:"Certificates are read again when the files change. Without any, one is made at\neach start that no client trusts."`
	IMAP     IMAP     `toml:"imap"`
	LMTP     LMTP     `toml:"lmtp" comment:"Where the mail transfer agent hands messages in (RFC 2033). Whoever reaches it\ncan deliver to anybody, so let it not be seen from outside."`
	HTTP     HTTP     `toml:"http"`
	Submit   Submit   `toml:"submit" comment:"Sending by IMAP: a message that a user copies, moves or appends to his outbox is sent."`
	Auth     Auth     `toml:"auth"`
	Accounts Accounts `toml:"accounts"`
	Server   Server   `toml:"server" comment:"What the server tells all users of itself (RFC 5464 §6.2)."`
	Store    Store    `toml:"store"`
	Blobs    Blobs    `toml:"blobs" comment:"Where large messages are kept, if not in the store."`
	Limits   Limits   `toml:"limits"`
}

// Log is what the server writes to its standard error.
type Log struct {
	Level  string `toml:"level" comment:"debug, info, warn or error."`
	Format string `toml:"format" comment:"text or json."`
	Trace  bool   `toml:"trace" comment:"Also what goes over each connection, mail included, but no passwords. At level debug."`
}

// TLS names the certificates.
type TLS struct {
	Certificates []string `toml:"certificates" comment:"Files with the certificate chains, in PEM; the first is for clients that ask for no host."`
	Keys         []string `toml:"keys" comment:"Files with their private keys, in the same order."`
}

// IMAP is where mail clients connect.
type IMAP struct {
	Listen    []string `toml:"listen" comment:"host:port in cleartext with STARTTLS; passwords are taken after it or from this machine."`
	ListenTLS []string `toml:"listen_tls" comment:"host:port with TLS from the start (RFC 8314)."`
	ProxyFrom []string `toml:"proxy_from" comment:"Addresses and networks of balancers, whose connections must begin with the PROXY protocol\n(version 1 or 2), before TLS; \"unix\" stands for all Unix sockets. What others send is never taken for it."`
	Without   []string `toml:"without" comment:"Capabilities that no client gets, such as \"UNAUTHENTICATE\" behind a proxy that stops looking\nafter the login. \"SORT\" stands for SORT= too."`
	Language  string   `toml:"language" comment:"What clients get that ask for the language \"default\" (RFC 5255): en, de, fr, es, ja, zh or i-default."`
	UTF8Only  bool     `toml:"utf8_only" comment:"Take only clients that enable UTF8=ACCEPT (RFC 9755)."`

	ConvertImages   string   `toml:"convert_images" comment:"Media type that CONVERT gives images where the client leaves it to the server (RFC 5259):\nimage/jpeg, image/png, image/gif or image/webp."`
	ListenLegacy    []string `toml:"listen_legacy" comment:"host:port, such as \":220\" (RFC 1203), in cleartext, where clients speak IMAP2 until they send\nsomething newer. Needs legacy_dialects."`
	LegacyDialects  bool     `toml:"legacy_dialects" comment:"Understand the protocols before IMAP4rev1 too: IMAP4, IMAP2bis, IMAP2 and IMAP3."`
	GmailExtensions bool     `toml:"gmail_extensions" comment:"Tell clients of X-GM-EXT-1 (labels, X-GM-RAW), which works in any case. Some that see it take\nthe server for Gmail's and look for its folders; Thunderbird hides folders that hold no mail."`

	MovedTo          string            `toml:"moved_to" comment:"IMAP URL of the server that has taken the place of this one: all clients are sent there."`
	URL              string            `toml:"url" comment:"This server's own IMAP URL, such as \"imap://user;AUTH=*@mail.example.org\", for referrals."`
	Clients          []IMAPClient      `toml:"client,omitempty" comment:"Clients that are served otherwise, by what they say of themselves (RFC 2971). All entries that\nfit add up; * stands for any text."`
	LoginReferrals   []LoginReferral   `toml:"login_referral,omitempty" comment:"Users whose mailboxes are on another server (RFC 2221). The first entry that fits counts."`
	MailboxReferrals []MailboxReferral `toml:"mailbox_referral,omitempty" comment:"Mailboxes that are on other servers (RFC 2193)."`
}

// IMAPClient is what is done for a client.
type IMAPClient struct {
	Name         string   `toml:"name" comment:"Its name; empty: any."`
	Version      string   `toml:"version" comment:"Its version; empty: any."`
	Without      []string `toml:"without" comment:"Capabilities that it does not get."`
	DelayNewmail bool     `toml:"delay_newmail" comment:"Tell of new mail with NOOP and CHECK alone."`
}

// LoginReferral is where users' mailboxes are.
type LoginReferral struct {
	User   string `toml:"user" comment:"Login names; * stands for any text."`
	URL    string `toml:"url" comment:"IMAP URL; %u stands for the login name."`
	Public bool   `toml:"public" comment:"Let them in all the same, for other mailboxes that are here."`
}

// MailboxReferral is where mailboxes are.
type MailboxReferral struct {
	Prefix    string   `toml:"prefix" comment:"A mailbox, which with all below it is elsewhere."`
	URLs      []string `toml:"urls" comment:"IMAP URLs of that mailbox, the preferred one first."`
	Mailboxes []string `toml:"mailboxes" comment:"The names below it that RLIST tells."`
}

// LMTP is where the mail transfer agent connects.
type LMTP struct {
	Listen         []string `toml:"listen" comment:"host:port or unix:PATH."`
	ProxyFrom      []string `toml:"proxy_from" comment:"As for IMAP."`
	SocketMode     string   `toml:"socket_mode" comment:"File mode of Unix sockets, in octal."`
	Hostname       string   `toml:"hostname" comment:"How the server calls itself; empty: the machine's name."`
	OverQuotaFinal bool     `toml:"over_quota_final" comment:"Whether mail for a full account bounces (552 5.2.2) or is tried again later (452 4.2.2)."`
	Recipients     int      `toml:"recipients" comment:"Recipients of one message."`
	PublicUser     string   `toml:"public_user" comment:"Local part under which public mailboxes have addresses, such as \"public\" for\npublic+News@example.org, if an access control list lets anybody post (right p); empty: none."`
}

// Submit is how messages are sent that users put into their outbox.
type Submit struct {
	Outbox       string `toml:"outbox" comment:"Name of that mailbox, of letters and digits, such as \"Outbox\"; empty: nothing is sent."`
	Relay        string `toml:"relay" comment:"host:port of the SMTP server that takes the messages."`
	TLS          string `toml:"tls" comment:"starttls, tls, or none for a relay on this machine."`
	Hostname     string `toml:"hostname" comment:"How the server calls itself with tls and none; empty: localhost."`
	User         string `toml:"user" comment:"For AUTH PLAIN; empty: no login."`
	PasswordFile string `toml:"password_file" comment:"File whose first line is the password."`
	Sent         bool   `toml:"sent" comment:"Move what was sent to the mailbox with the special use \\Sent; otherwise it stays in the outbox."`

	Recipients int      `toml:"recipients" comment:"Recipients of one message."`
	Size       Size     `toml:"size" comment:"One message; 0: as much as a mailbox takes."`
	Time       Duration `toml:"time" comment:"Time in which the relay must have taken a message."`
}

// Auth is how users log in.
type Auth struct {
	Mechanisms        []string `toml:"mechanisms" comment:"SASL mechanisms, in the order of preference: SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, LOGIN.\nThe -PLUS forms come with the SCRAM ones."`
	LocalDomains      []string `toml:"local_domains" comment:"Domains whose addresses also name the users that have no domain in their name."`
	RehashImported    bool     `toml:"rehash_imported" comment:"Replace a password hash from another server at its user's first login."`
	Remember          Duration `toml:"remember" comment:"How long a verified login is remembered, in memory, so that clients that reconnect\ncost no slow hash; 0s: not at all."`
	Argon2Memory      Size     `toml:"argon2_memory" comment:"Memory of one argon2id hash of a new password."`
	Argon2Passes      int      `toml:"argon2_passes" comment:"Passes of argon2id over it."`
	SCRAMIterations   int      `toml:"scram_iterations" comment:"Iterations of the SCRAM keys of a new password (RFC 7677: at least 4096)."`
	ConcurrentHashes  int      `toml:"concurrent_hashes" comment:"Slow hashes computed at a time; 0: as many as there are processors."`
	FreeFailures      int      `toml:"free_failures" comment:"Failed logins of an address or user name that cost nothing."`
	LongestWaitBefore Duration `toml:"longest_wait_before" comment:"After more, how long at most a password waits before it is looked at."`
	LongestWaitAfter  Duration `toml:"longest_wait_after" comment:"How long at most the answer to a wrong one waits."`
	FailureHalfLife   Duration `toml:"failure_half_life" comment:"Time in which half of the failures are forgotten."`
	WaitingLogins     int      `toml:"waiting_logins" comment:"Logins under way from an address that fails often."`
}

// Accounts is what accounts begin with and may hold.
type Accounts struct {
	QuotaBytes    Size  `toml:"quota_bytes" comment:"Bytes that an account may hold if it has no quota of its own; 0: any number."`
	QuotaMessages int64 `toml:"quota_messages" comment:"Messages, likewise."`

	QuotaMailboxes   int64     `toml:"quota_mailboxes" comment:"Mailboxes, likewise."`
	QuotaAnnotations Size      `toml:"quota_annotations" comment:"Bytes of annotations and metadata, likewise."`
	QuotaWarning     int       `toml:"quota_warning" comment:"Percentage of a quota above which clients that add messages are warned; 0: never."`
	Submitters       []string  `toml:"submitters" comment:"Users as which message submission servers log in, to fetch what users submit by URL\n(BURL; URLAUTH's submit+)."`
	Administrators   []string  `toml:"administrators" comment:"Users who may set quotas over IMAP (SETQUOTA)."`
	SharedSeen       bool      `toml:"shared_seen" comment:"Whether \\Seen in a shared mailbox is one for all, and not each user's own."`
	Subscribe        bool      `toml:"subscribe" comment:"Whether a new account is subscribed to INBOX and to these mailboxes; clients that show what is\nsubscribed alone would not show them."`
	Mailboxes        []Mailbox `toml:"mailboxes" comment:"Mailboxes that a new account has besides INBOX."`
}

// Server is what the server tells of itself.
type Server struct {
	Comment string `toml:"comment" comment:"A note for the users; empty: none."`
	Admin   string `toml:"admin" comment:"How to reach the administrator, as a URI such as mailto:postmaster@example.org."`
}

// Mailbox is a mailbox of new accounts.
type Mailbox struct {
	Name       string   `toml:"name" comment:"With / between levels."`
	SpecialUse []string `toml:"special_use" comment:"Attributes of RFC 6154."`
}

// Store is where mail is kept, and how the embedded store uses the machine.
type Store struct {
	Engine   string `toml:"engine" comment:"Where mail is kept: \"pebble\", the embedded store in the data directory, of which one server is the\nonly user, or \"postgresql\", a database for any number of them."`
	Cache    Size   `toml:"cache" comment:"Memory for blocks read. By default a sixteenth of the machine's, between 64 and 512 MiB."`
	MemTable Size   `toml:"memtable" comment:"Memory that takes commits until they are written out; up to four of it under load."`
	Accounts Size   `toml:"accounts" comment:"Memory for accounts that nobody has open."`
	SyncAll  bool   `toml:"sync_all" comment:"Sync flag changes before they are acknowledged, not within 50 ms after."`
	Reserve  Size   `toml:"reserve" comment:"Disk space that is left free; writing is refused when there is less."`

	PostgreSQL PostgreSQL `toml:"postgresql" comment:"The database, with the engine postgresql. cache, memtable, sync_all and reserve mean nothing to it."`
}

// Limits bound what clients may ask for.
type Limits struct {
	Connections           int      `toml:"connections" comment:"Connections in all."`
	ConnectionsPerAddress int      `toml:"connections_per_address" comment:"Of one IPv4 address or IPv6 /64; this machine excepted."`
	ConnectionsPerAccount int      `toml:"connections_per_account" comment:"Of one account."`
	SearchesPerAccount    int      `toml:"searches_per_account" comment:"Searches of one account that open messages, at a time; more of them wait."`
	LoginTime             Duration `toml:"login_time" comment:"Time to log in."`
	LoginFailures         int      `toml:"login_failures" comment:"Failed logins on one connection."`
	IdleTime              Duration `toml:"idle_time" comment:"Time without a command (RFC 9051: at least 30 minutes)."`
	CommandTime           Duration `toml:"command_time" comment:"Time without a byte within a command."`
	SearchTime            Duration `toml:"search_time" comment:"Time for one SEARCH."`
	WriteTime             Duration `toml:"write_time" comment:"Time in which a slow client must take 256 KiB."`
	HandshakeTime         Duration `toml:"handshake_time" comment:"Time for a TLS handshake."`
	ShutdownTime          Duration `toml:"shutdown_time" comment:"Time for running commands to end when the server is stopped."`
	CommandLine           Size     `toml:"command_line" comment:"One command without its literals."`
	CommandLineLogin      Size     `toml:"command_line_before_login" comment:"The same before login."`
	CommandMemory         Size     `toml:"command_memory" comment:"Memory for long commands of all connections of an account."`
	ConvertMemory         Size     `toml:"convert_memory" comment:"Memory for all conversions of images and texts together; an image that needs more is not converted."`
	ConvertImage          Size     `toml:"convert_image" comment:"The file of an image that is converted."`
	ConvertText           Size     `toml:"convert_text" comment:"A text that is converted."`
	ConvertTime           Duration `toml:"convert_time" comment:"Time for one conversion with its waiting for memory."`
	ConvertMessages       int      `toml:"convert_messages" comment:"Messages that one CONVERT may name (MAXCONVERTMESSAGES)."`
	Literal               Size     `toml:"literal" comment:"A literal that is not a message."`
	LiteralLogin          Size     `toml:"literal_before_login" comment:"The same before login."`
	BadCommands           int      `toml:"bad_commands" comment:"Commands in a row that are no IMAP."`
	MessageSize           Size     `toml:"message_size" comment:"One message (APPENDLIMIT, LMTP's SIZE)."`
	AppendMessages        int      `toml:"append_messages" comment:"Messages of one APPEND."`
	MessageLimit          int      `toml:"message_limit" comment:"Messages that one IMAP command may be about (MESSAGELIMIT); 0: any number. Clients that do not know of it see a part of large mailboxes only."`
	SaveLimit             int      `toml:"save_limit" comment:"Messages that one COPY or APPEND may store (SAVELIMIT); 0: any number."`
	Nesting               int      `toml:"nesting" comment:"Depth of parentheses, of search keys too."`
	SearchKeys            int      `toml:"search_keys" comment:"Keys of one SEARCH."`
	SequenceSet           int      `toml:"sequence_set" comment:"Numbers and ranges of one sequence set."`
	FetchSections         int      `toml:"fetch_sections" comment:"Sections that one FETCH names."`
	HeaderFields          int      `toml:"header_fields" comment:"Header field names of one FETCH."`
	MetadataValue         Size     `toml:"metadata_value" comment:"One value of metadata (RFC 5464)."`
	MetadataEntries       int      `toml:"metadata_entries" comment:"Entries of metadata of a mailbox, or of a user's view of the server."`
	MetadataBytes         Size     `toml:"metadata_bytes" comment:"Names and values of all metadata of an account."`
	ACLEntries            int      `toml:"acl_entries" comment:"Users and groups in the access control list of a mailbox."`
	Annotations           int      `toml:"annotations" comment:"Annotations of a message (RFC 5257), shared ones or those of one user."`
	AnnotationValue       Size     `toml:"annotation_value" comment:"One value of an annotation."`
	AnnotationBytes       Size     `toml:"annotation_bytes" comment:"Names and values of all annotations of an account."`
	GuestMetadata         Size     `toml:"guest_metadata" comment:"Private metadata that another user may leave on a shared mailbox."`
	GuestAnnotations      Size     `toml:"guest_annotations" comment:"Private annotations that all other users together may leave in a shared mailbox."`
	NotifyMailboxes       int      `toml:"notify_mailboxes" comment:"Mailboxes that one NOTIFY may watch (RFC 5465)."`
	WatchedSearches       int      `toml:"watched_searches" comment:"Searches and sorts of a session that tell their updates (RFC 5267)."`
	SearchMailboxes       int      `toml:"search_mailboxes" comment:"Mailboxes that one ESEARCH may search (RFC 7377)."`
	ConvertParts          int      `toml:"convert_parts" comment:"Parts of a message that one CONVERT may name."`
	Mailboxes             int      `toml:"mailboxes" comment:"Mailboxes of an account."`
	MailboxName           int      `toml:"mailbox_name" comment:"Bytes of a mailbox name, in UTF-8."`
	MailboxDepth          int      `toml:"mailbox_depth" comment:"Levels of a mailbox name."`
	Keywords              int      `toml:"keywords" comment:"Different keywords of an account."`
	KeywordLength         int      `toml:"keyword_length" comment:"Bytes of a keyword."`
	FlagsPerCommand       int      `toml:"flags_per_command" comment:"Flags of one STORE or of one appended message."`
}
