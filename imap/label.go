package imap

import "strings"

// The labels of Gmail that stand for no mailbox name (Gmail IMAP extensions,
// X-GM-LABELS).
const (
	LabelInbox     = `\Inbox`
	LabelSent      = `\Sent`
	LabelDraft     = `\Draft`
	LabelTrash     = `\Trash`
	LabelSpam      = `\Spam`
	LabelImportant = `\Important`
	LabelStarred   = `\Starred`
)

// LooseLabel in a [SearchKey] for a label says that its text is as people write it
// in a query: in any case, with dashes for spaces and slashes.
const LooseLabel = "loose"

// CanonLabel gives a label in its one spelling: those of Gmail's own in any case,
// and by the names that RFC 6154 §2 has for them. INBOX is the one of that name.
func CanonLabel(label string) string {
	if strings.EqualFold(label, Inbox) {
		return LabelInbox
	}
	if !strings.HasPrefix(label, `\`) {
		return label
	}
	switch strings.ToLower(label[1:]) {
	case "inbox":
		return LabelInbox
	case "sent":
		return LabelSent
	case "draft", "drafts":
		return LabelDraft
	case "trash":
		return LabelTrash
	case "spam", "junk":
		return LabelSpam
	case "important":
		return LabelImportant
	case "starred", "flagged":
		return LabelStarred
	}
	return label
}
