package config

import "strings"

// mismatch says what a value must be, of the decoder's words for one of another
// type, which name types of Go.
func mismatch(text string) string {
	const cannot, into, of = "cannot decode TOML ", " into struct field ", " of type "
	rest, ok := strings.CutPrefix(text, cannot)
	is, target, found := strings.Cut(rest, into)
	i := strings.LastIndex(target, of)
	if !ok || !found || i < 0 {
		if text == "cannot store an array table in a struct" {
			return "this table stands once, in single brackets"
		}
		return text
	}
	return "must be " + wanted(target[i+len(of):]) + ", not " + article(is)
}

// wanted is how a value of a type of Go is written.
func wanted(goType string) string {
	switch goType {
	case "bool":
		return "true or false"
	case "string":
		return "a string, in quotes"
	case "[]string":
		return `a list of strings, such as ["a", "b"]`
	case "int", "int64":
		return "a whole number"
	}
	return "a table"
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
