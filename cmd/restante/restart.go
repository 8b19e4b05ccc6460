package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/restante/restante/config"
)

// appliedByReload are the keys that a reload applies, and sections of which it applies
// everything, or with a dash before it everything but some keys.
func appliedByReload() []string {
	return []string{
		"tls", "submit", "log.level",
		"auth", "-auth.local_domains",
		"imap", "-imap.listen", "-imap.listen_tls", "-imap.listen_legacy", "-imap.proxy_from",
		"lmtp", "-lmtp.listen", "-lmtp.proxy_from", "-lmtp.socket_mode",
		"accounts.submitters", "accounts.administrators", "accounts.quota_warning",
		"http.drain_wait",
	}
}

// needRestart names the keys that differ from those that the server was started with
// and are read at the start alone.
func needRestart(started, c config.Config) (keys []string) {
	was, is := reflect.ValueOf(started), reflect.ValueOf(c)
	for i := range was.NumField() {
		section := was.Type().Field(i).Tag.Get("toml")
		if was.Field(i).Kind() != reflect.Struct {
			if !reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
				keys = append(keys, section)
			}
			continue
		}
		for j := range was.Field(i).NumField() {
			key := section + "." + was.Field(i).Type().Field(j).Tag.Get("toml")
			now := is.Field(i).Field(j)
			if reflect.DeepEqual(was.Field(i).Field(j).Interface(), now.Interface()) || isApplied(section, key) {
				continue
			}
			if section == "limits" && !readAtStart(started, j, now) {
				continue
			}
			keys = append(keys, key)
		}
	}
	return keys
}

func isApplied(section, key string) bool {
	list := appliedByReload()
	return !slices.Contains(list, "-"+key) && (slices.Contains(list, key) || slices.Contains(list, section))
}

// readAtStart reports whether a key of limits, the nth, is one of those that the
// listeners and the store keep, who are made once.
func readAtStart(started config.Config, n int, value reflect.Value) bool {
	c := started
	reflect.ValueOf(&c).Elem().FieldByName("Limits").Field(n).Set(value)
	return c.Serve() != started.Serve() || !reflect.DeepEqual(c.Mailstore(), started.Mailstore())
}

// reloaded is what the server goes by after a reload: what needs a restart is as it
// was when it was started.
func reloaded(started, c config.Config) config.Config {
	next := c
	was, is := reflect.ValueOf(started), reflect.ValueOf(&next).Elem()
	for _, key := range needRestart(started, c) {
		section, name, nested := strings.Cut(key, ".")
		for i := range was.NumField() {
			if was.Type().Field(i).Tag.Get("toml") != section {
				continue
			}
			if !nested {
				is.Field(i).Set(was.Field(i))
				continue
			}
			for j := range was.Field(i).NumField() {
				if was.Field(i).Type().Field(j).Tag.Get("toml") == name {
					is.Field(i).Field(j).Set(was.Field(i).Field(j))
				}
			}
		}
	}
	return next
}
