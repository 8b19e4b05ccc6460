package message

import "bytes"

// previewPlain writes plain text without what is quoted, attributions,
// signatures and rules. Where that leaves nothing, as of a message that only
// forwards another, all of it is written.
func previewPlain(w *previewWriter, text []byte) bool {
	text = withoutArmor(text)
	if text == nil {
		return false
	}
	lines := bytes.Split(text, []byte{'\n'})
	for i, line := range lines {
		lines[i] = bytes.TrimRight(line, "\r")
	}
	previewOwn(w, lines)
	if !w.empty() {
		return true
	}
	for _, line := range lines {
		if line = bytes.TrimLeft(line, "> \t"); !isRule(line) {
			w.write(line)
			w.space = true
		}
	}
	return !w.empty()
}

// previewOwn writes the lines that the sender wrote.
func previewOwn(w *previewWriter, lines [][]byte) {
	for i := 0; i < len(lines) && !w.full(); i++ {
		line := trimSpace(lines[i])
		switch {
		case len(line) == 0:
		case line[0] == '>' || isAttribution(lines, i):
		case string(line) == "--": // RFC 3676 §4.3, also without its space
			if !w.empty() {
				return
			}
		case isDivider(line):
			if !w.empty() {
				return // another message follows
			}
			for i+1 < len(lines) && isHeaderLine(lines[i+1]) {
				i++
			}
		case isRule(line):
		default:
			w.write(line)
		}
		w.space = true
	}
}

// isAttribution reports whether line i is one of the one or two that tell whose
// words are quoted next: "On ... Ann wrote:".
func isAttribution(lines [][]byte, i int) bool {
	for end := i; end < min(i+2, len(lines)); end++ {
		line := trimSpace(lines[end])
		if len(line) == 0 || line[0] == '>' {
			return false
		}
		if !bytes.HasSuffix(line, []byte{':'}) && !bytes.HasSuffix(line, []byte("：")) {
			continue
		}
		for next := end + 1; next < len(lines); next++ {
			if line := trimSpace(lines[next]); len(line) > 0 {
				return line[0] == '>'
			}
		}
		return false
	}
	return false
}

// isDivider is for "-----Original Message-----" in any language.
func isDivider(line []byte) bool {
	const dashes = "-----"
	return len(line) > 2*len(dashes) && bytes.HasPrefix(line, []byte(dashes)) && bytes.HasSuffix(line, []byte(dashes)) && !isRule(line)
}

// isHeaderLine is for what stands below a divider: "From: ...".
func isHeaderLine(line []byte) bool {
	colon := bytes.IndexByte(trimSpace(line), ':')
	return colon > 0 && colon < 30 && bytes.Count(line[:colon], []byte{' '}) < 3
}

// isRule reports whether the line is drawn rather than written.
func isRule(line []byte) bool {
	line = trimSpace(line)
	if len(line) < 3 {
		return false
	}
	for _, c := range line {
		if c >= 0x80 || isAlnum(c) || c != line[0] && !isWSP(c) {
			return false
		}
	}
	return true
}

// withoutArmor takes the armour of text that OpenPGP signed away; of encrypted text
// there is nothing, nil.
func withoutArmor(text []byte) []byte {
	const begin = "-----BEGIN PGP "
	start := bytes.TrimLeft(text, " \t\r\n")
	kind, is := bytes.CutPrefix(start, []byte(begin))
	switch {
	case !is:
		return text
	case bytes.HasPrefix(kind, []byte("MESSAGE-----")):
		return nil
	case !bytes.HasPrefix(kind, []byte("SIGNED MESSAGE-----")):
		return text
	}
	_, signed, found := bytes.Cut(bytes.ReplaceAll(start, []byte("\r\n"), []byte{'\n'}), []byte("\n\n"))
	if !found {
		return nil
	}
	signed, _, _ = bytes.Cut(signed, []byte("\n"+begin))
	return bytes.ReplaceAll(signed, []byte("\n- "), []byte{'\n'})
}
