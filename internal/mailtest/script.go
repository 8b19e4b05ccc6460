package mailtest

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// step is one line of a transcript, or one @message with its text.
type step struct {
	line int
	kind byte   // '#' comment or blank, 'C', '!', 'S', '~', '*', '.', '@'
	conn string // connection's name, "" the first
	text string // the line's content; '@': the directive's words
	body string // @message: the text with CRLF line ends
	raw  string // as it stands in the file, without the line end
}

var talk = regexp.MustCompile(`^([CS])(\w*)([!~*]?):(?: (.*))?$`)

// parseScript reads a transcript.
func parseScript(path string) ([]step, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	var steps []step
	for i := 0; i < len(lines); i++ {
		s := step{line: i + 1, raw: lines[i]}
		switch m := talk.FindStringSubmatch(lines[i]); {
		case m != nil:
			s.kind, s.conn, s.text = m[1][0], m[2], m[4]
			if m[3] != "" {
				s.kind = m[3][0]
			}
			if (s.kind == '!') != (m[1] == "C" && m[3] != "") {
				return nil, fmt.Errorf("%s:%d: %s%s is no kind of line", path, i+1, m[1], m[3])
			}
		case lines[i] == "...":
			s.kind = '.'
		case strings.HasPrefix(lines[i], "@message "):
			end := i + 1
			for ; end < len(lines) && lines[end] != "@end"; end++ {
				s.body += lines[end] + "\r\n"
			}
			if end == len(lines) {
				return nil, fmt.Errorf("%s:%d: @message without @end", path, i+1)
			}
			s.kind, s.text = '@', lines[i][1:]
			s.raw = strings.Join(lines[i:end+1], "\n")
			i = end
		case strings.HasPrefix(lines[i], "@"):
			s.kind, s.text = '@', lines[i][1:]
		case lines[i] == "" || strings.HasPrefix(lines[i], "#"):
			s.kind = '#'
		default:
			return nil, fmt.Errorf("%s:%d: neither C:, S:, @directive nor comment: %q", path, i+1, lines[i])
		}
		steps = append(steps, s)
	}
	return steps, nil
}
