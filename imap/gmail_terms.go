package imap

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// gmailOperators are the words before a colon that mean something.
const gmailOperators = " from to cc bcc subject deliveredto list label in is has filename before older after newer" +
	" older_than newer_than larger smaller size rfc822msgid category "

func isGmailOperator(name string) bool {
	return name != "" && !strings.ContainsAny(name, " \t") && strings.Contains(gmailOperators, " "+strings.ToLower(name)+" ")
}

// gmailTerm gives the key of a text behind an operator, or behind none.
func gmailTerm(op, text string) SearchKey {
	switch op {
	case "":
		return SearchKey{Op: SearchText, Text: text}
	case "from":
		return SearchKey{Op: SearchFrom, Text: text}
	case "to":
		return SearchKey{Op: SearchTo, Text: text}
	case "cc":
		return SearchKey{Op: SearchCc, Text: text}
	case "bcc":
		return SearchKey{Op: SearchBcc, Text: text}
	case "subject":
		return SearchKey{Op: SearchSubject, Text: text}
	case "deliveredto":
		return SearchKey{Op: SearchHeader, Field: "Delivered-To", Text: text}
	case "list":
		return gmailList(text)
	case "rfc822msgid":
		return SearchKey{Op: SearchMessageID, Text: "<" + strings.Trim(text, "<>") + ">"}
	case "filename":
		return SearchKey{Op: SearchFilename, Text: text}
	case "label":
		return gmailLabel(text)
	}
	k, ok := gmailProperty(op, strings.ToLower(text))
	if !ok {
		k, ok = gmailMeasure(op, strings.ToLower(text))
	}
	if !ok {
		return SearchKey{Op: SearchText, Text: op + ":" + text}
	}
	return k
}

// gmailList matches a mailing list by its address or its name.
func gmailList(text string) SearchKey {
	return SearchKey{Op: SearchOr, Field: "list", Keys: []SearchKey{
		{Op: SearchHeader, Field: "List-Id", Text: strings.ReplaceAll(text, "@", ".")},
		{Op: SearchHeader, Field: "List-Post", Text: text},
	}}
}

// gmailLabel matches a label as people write it, with a dash for what cannot be
// written in a word.
func gmailLabel(text string) SearchKey {
	return SearchKey{Op: SearchLabel, Text: text, Field: LooseLabel}
}

func none() SearchKey { return SearchKey{Op: SearchNot, Keys: []SearchKey{{Op: SearchAll}}} }

func systemLabel(name string) SearchKey { return SearchKey{Op: SearchLabel, Text: name} }

// gmailProperty gives the keys of in:, is:, has: and category:.
func gmailProperty(op, text string) (SearchKey, bool) {
	switch op {
	case "in", "is":
		switch text {
		case "read":
			return SearchKey{Op: SearchFlag, Text: FlagSeen}, true
		case "unread":
			return SearchKey{Op: SearchNotFlag, Text: FlagSeen}, true
		case "starred":
			return systemLabel(LabelStarred), true
		case "important":
			return systemLabel(LabelImportant), true
		case "chat", "chats", "muted":
			return none(), true
		case "snoozed":
			return systemLabel(`\Snoozed`), true
		}
		return gmailPlace(op, text)
	case "has":
		switch text {
		case "attachment":
			return SearchKey{Op: SearchAttachment}, true
		case "userlabels":
			return SearchKey{Op: SearchUserLabels}, true
		case "nouserlabels":
			return SearchKey{Op: SearchNot, Keys: []SearchKey{{Op: SearchUserLabels}}}, true
		}
		if strings.HasSuffix(text, "-star") {
			return systemLabel(LabelStarred), true
		}
	case "category":
		if text == "primary" {
			return SearchKey{Op: SearchAll}, true
		}
		return none(), true
	}
	return SearchKey{}, false
}

// gmailPlace gives the key of where a message is.
func gmailPlace(op, text string) (SearchKey, bool) {
	switch text {
	case "inbox":
		return systemLabel(LabelInbox), true
	case "sent":
		return systemLabel(LabelSent), true
	case "draft", "drafts":
		return systemLabel(LabelDraft), true
	case "trash":
		return systemLabel(LabelTrash), true
	case "spam":
		return systemLabel(LabelSpam), true
	case "anywhere", "all":
		return SearchKey{Op: SearchAll}, true
	case "archive":
		return SearchKey{Op: SearchNot, Keys: []SearchKey{{Op: SearchOr, Field: "archive", Keys: []SearchKey{
			systemLabel(LabelInbox), systemLabel(LabelSent), systemLabel(LabelDraft), systemLabel(LabelTrash), systemLabel(LabelSpam),
		}}}}, true
	}
	if op == "in" {
		return gmailLabel(text), true
	}
	return SearchKey{}, false
}

// gmailMeasure gives the keys of dates and sizes; ok is false for a value that is
// none.
func gmailMeasure(op, text string) (k SearchKey, ok bool) {
	switch op {
	case "before", "older":
		k, ok = gmailDate(text, SearchBefore, SearchArrivedBefore)
	case "after", "newer":
		k, ok = gmailDate(text, SearchSince, SearchArrivedSince)
	case "older_than", "newer_than":
		k.Op = SearchOlder
		if op == "newer_than" {
			k.Op = SearchYounger
		}
		k.Num, ok = gmailAge(text)
	case "larger", "size":
		k.Op = SearchLarger
		k.Num, ok = gmailSize(text)
		k.Num -= min(k.Num, 1) // of that size or more
	case "smaller":
		k.Op = SearchSmaller
		k.Num, ok = gmailSize(text)
	}
	return k, ok
}

// gmailDate reads 2004/04/16, 04/16/2004, the same with dashes or dots, or seconds
// since 1970.
func gmailDate(text string, day, second SearchOp) (SearchKey, bool) {
	if n, err := strconv.ParseUint(text, 10, 62); err == nil && len(text) > 8 {
		return SearchKey{Op: second, Num: n}, true
	}
	text = strings.NewReplacer("-", "/", ".", "/").Replace(text)
	for _, form := range [...]string{"2006/1/2", "1/2/2006"} {
		if t, err := time.Parse(form, text); err == nil && t.Year() > 0 {
			return SearchKey{Op: day, Date: Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}}, true
		}
	}
	return SearchKey{}, false
}

// gmailAge reads a number of hours, days, weeks, months or years, in seconds.
func gmailAge(text string) (uint64, bool) {
	if len(text) < 2 {
		return 0, false
	}
	const day = 24 * 60 * 60
	units := map[byte]uint64{'h': 60 * 60, 'd': day, 'w': 7 * day, 'm': 30 * day, 'y': 365 * day}
	unit := units[text[len(text)-1]]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
	if err != nil || n == 0 || unit == 0 {
		return 0, false
	}
	return min(n*unit, math.MaxUint32), true
}

// gmailSize reads a number of octets, or of units of them.
func gmailSize(text string) (uint64, bool) {
	shift := 0
	text = strings.TrimSuffix(text, "b")
	for i, unit := range []string{"k", "m", "g"} {
		if before, is := strings.CutSuffix(text, unit); is {
			text, shift = before, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return n << shift, err == nil
}
