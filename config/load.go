package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Load reads the configuration in a file. Errors are one line each that begin
// "FILE:LINE: KEY: ".
func Load(file string) (Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return Parse(file, data)
}

// Parse reads the configuration in data; file names it in errors, which are as
// Load's. What data does not say is as in Default.
func Parse(file string, data []byte) (Config, error) {
	c := Default()
	// A list in the file replaces the default list: without this, the decoder
	// would write over the default's elements and keep what they have more.
	lines := keyLines(data)
	if _, ok := lines["accounts.mailboxes"]; ok {
		c.Accounts.Mailboxes = nil
	}
	d := toml.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, locate(file, data, err)
	}
	var all []error
	for _, p := range c.problems() {
		all = append(all, fmt.Errorf("%s: %s: %s", position(file, lines, p.key), p.key, p.text))
	}
	return c, errors.Join(all...)
}

// position is the line of a key, or, if it is not there, of the table that it
// belongs to.
func position(file string, lines map[string]int, key string) string {
	for i := len(key); i > 0; i = strings.LastIndexByte(key[:i], '.') {
		if line, ok := lines[key[:i]]; ok {
			return fmt.Sprintf("%s:%d", file, line)
		}
	}
	return file
}

// locate puts file, line and key before the decoder's errors.
func locate(file string, data []byte, err error) error {
	var missing *toml.StrictMissingError
	if errors.As(err, &missing) {
		var all []error
		for i := range missing.Errors {
			e := &missing.Errors[i]
			line, _ := e.Position()
			all = append(all, fmt.Errorf("%s:%d: %s: no such key", file, line, strings.Join(e.Key(), ".")))
		}
		return errors.Join(all...)
	}
	var e *toml.DecodeError
	if errors.As(err, &e) {
		line, _ := e.Position()
		at := fmt.Sprintf("%s:%d: ", file, line)
		if key := strings.Join(e.Key(), "."); key != "" {
			at += key + ": "
		}
		return errors.New(at + mismatch(strings.TrimPrefix(e.Error(), "toml: ")))
	}
	if key, line := culprit(data); line > 0 {
		return fmt.Errorf("%s:%d: %s: %w", file, line, key, err)
	}
	return fmt.Errorf("%s: %w", file, err)
}

// culprit finds the key whose value the decoder refuses without saying where,
// as it does for numbers that are read as text: it decodes each key alone.
func culprit(data []byte) (key string, line int) {
	text := strings.Split(string(data), "\n")
	for k, l := range keyLines(data) {
		_, value, ok := strings.Cut(text[l-1], "=")
		if !ok || line > 0 && l > line {
			continue
		}
		c := Default()
		var located *toml.DecodeError
		if err := toml.Unmarshal([]byte(k+" = "+value), &c); err != nil && !errors.As(err, &located) {
			key, line = k, l
		}
	}
	return key, line
}

// Write writes c with a comment for every key, as a document that Load reads
// back to the same.
func (c Config) Write(w io.Writer) error {
	return toml.NewEncoder(w).Encode(c)
}
