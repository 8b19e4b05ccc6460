package config

import "time"

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Default is the configuration of an empty file.
func Default() Config {
	return Config{
		Data:   "/var/lib/restante",
		Log:    Log{Level: "info", Format: "text"},
		TLS:    TLS{Certificates: []string{}, Keys: []string{}},
		IMAP:   IMAP{Listen: []string{":143"}, ListenTLS: []string{":993"}, ProxyFrom: []string{}, Without: []string{}, ListenLegacy: []string{}, ConvertImages: "image/jpeg", Language: "i-default"},
		LMTP:   LMTP{Listen: []string{"127.0.0.1:24"}, ProxyFrom: []string{}, SocketMode: "0660", Recipients: 1000},
		HTTP:   HTTP{Listen: []string{}},
		Submit: Submit{TLS: "starttls", Sent: true, Recipients: 100, Time: Duration{2 * time.Minute}},
		Auth: Auth{
			Mechanisms:     []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"},
			LocalDomains:   []string{},
			RehashImported: true,
			Remember:       Duration{60 * time.Minute},
			Argon2Memory:   19 * mib, Argon2Passes: 2, SCRAMIterations: 32 * kib,
			FreeFailures: 3, LongestWaitBefore: Duration{2 * time.Second}, LongestWaitAfter: Duration{15 * time.Second},
			FailureHalfLife: Duration{10 * time.Minute}, WaitingLogins: 16,
		},
		Accounts: Accounts{Subscribe: true, Submitters: []string{}, Administrators: []string{}, Mailboxes: []Mailbox{
			{"Drafts", []string{`\Drafts`}}, {"Sent", []string{`\Sent`}}, {"Junk", []string{`\Junk`}},
			{"Trash", []string{`\Trash`}}, {"Archive", []string{`\Archive`}},
		}},
		Store: Store{Engine: EnginePebble, Cache: defaultCache(), MemTable: 32 * mib, Accounts: 64 * mib, Reserve: 128 * mib,
			PostgreSQL: defaultPostgreSQL()},
		Blobs: defaultBlobs(),
		Limits: Limits{
			Connections: 20_000, ConnectionsPerAddress: 100, ConnectionsPerAccount: 500, SearchesPerAccount: 4,
			LoginTime: Duration{time.Minute}, LoginFailures: 10, IdleTime: Duration{30 * time.Minute}, CommandTime: Duration{5 * time.Minute}, SearchTime: Duration{5 * time.Minute},
			WriteTime: Duration{2 * time.Minute}, HandshakeTime: Duration{30 * time.Second}, ShutdownTime: Duration{30 * time.Second},
			CommandLine: 2 * mib, CommandLineLogin: 8 * kib, CommandMemory: 64 * mib, ConvertMemory: 256 * mib, ConvertImage: 32 * mib, ConvertText: 4 * mib, ConvertTime: Duration{20 * time.Second}, ConvertMessages: 100, Literal: 256 * kib, LiteralLogin: 4 * kib,
			BadCommands: 10, MessageSize: 64 * mib, AppendMessages: 1000, Nesting: 100, SearchKeys: 1000,
			SequenceSet: 1_000_000, FetchSections: 1000, HeaderFields: 1000,
			MetadataValue: 64 * kib, MetadataEntries: 1000, MetadataBytes: 16 * mib,
			ACLEntries: 500, Annotations: 100, AnnotationValue: 64 * kib, AnnotationBytes: 64 * mib,
			GuestMetadata: 256 * kib, GuestAnnotations: mib,
			NotifyMailboxes: 20_000, WatchedSearches: 16, SearchMailboxes: 10_000, ConvertParts: 20,
			Mailboxes: 10_000, MailboxName: 512, MailboxDepth: 32,
			Keywords: 1000, KeywordLength: 128, FlagsPerCommand: 1000,
		},
	}
}

// defaultCache is a sixteenth of the machine's memory, between 64 and 512 MiB.
func defaultCache() Size {
	return min(max(Size(memorySize()/16), 64*mib), 512*mib) / mib * mib
}
