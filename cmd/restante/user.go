package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/restante/restante/admin"
)

func newUser(f *flags) *cobra.Command {
	c := &cobra.Command{
		Use:   "user",
		Short: "Add, change and list users, while the server runs or not",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newUserAdd(f), newUserPasswd(f), newUserList(f), newUserRemove(f), newUserShow(f), newUserQuota(f), newUserAppendLimit(f),
		newUserLock(f, true), newUserLock(f, false))
	return c
}

// call runs one operation that tells no events and prints the user it answers.
func (f *flags) call(c *cobra.Command, create bool, op string, in any) error {
	conf, err := f.load()
	if err != nil {
		return err
	}
	return withCaller(c.Context(), conf, create, func(caller admin.Caller) error {
		var u admin.User
		if err := caller.Call(c.Context(), op, in, nil, &u); err != nil {
			return err
		}
		printUser(c.OutOrStdout(), u)
		return nil
	})
}

func printUser(w io.Writer, u admin.User) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "name\t%s\naccount\t%d\ncreated\t%s\n", u.Name, u.Account, u.Created.Format(time.RFC3339))
	fmt.Fprintf(t, "password\t%s\n", orNone(u.Password))
	if u.Disabled {
		fmt.Fprintf(t, "login\tdisabled\n")
	}
	q := u.Quota
	fmt.Fprintf(t, "messages\t%d\t%s\n", u.Usage.Messages, of(q.Messages != 0, fmt.Sprint(max(q.Messages, 0))))
	fmt.Fprintf(t, "size\t%s\t%s\n", size(u.Usage.Bytes), of(q.Bytes != 0, size(max(q.Bytes, 0))))
	fmt.Fprintf(t, "mailboxes\t%d\t%s\n", u.Usage.Mailboxes, of(q.Mailboxes != 0, fmt.Sprint(max(q.Mailboxes, 0))))
	if n := u.Usage.AnnotationUsage(); n > 0 || q.Annotations != 0 {
		fmt.Fprintf(t, "annotations\t%s\t%s\n", size(n), of(q.Annotations != 0, size(max(q.Annotations, 0))))
	}
	for _, l := range u.AppendLimits {
		fmt.Fprintf(t, "append limit\t%s\t%s\n", size(l.Bytes), l.Mailbox)
	}
	t.Flush()
}

func of(bounded bool, bound string) string {
	if !bounded {
		return ""
	}
	return "of " + bound
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// size writes bytes as people read them.
func size(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for ; v >= 1024 && i < 3; i++ {
		v /= 1024
	}
	return fmt.Sprintf("%.1f %ciB", v, "KMGT"[i])
}
