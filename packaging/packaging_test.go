// Package packaging holds that what is in this folder fits the program.
package packaging

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/restante/restante/config"
	"github.com/restante/restante/internal/pgtest"
)

// documents are the documents of a file.
func documents(t *testing.T, file string) (all []map[string]any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var one map[string]any
		if err := d.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, one)
	}
}

// at goes down by keys and indexes.
func at(t *testing.T, v any, path ...any) any {
	t.Helper()
	for i, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				t.Fatalf("nothing at %v", path[:i+1])
			}
			v = l[step]
		}
		if v == nil {
			t.Fatalf("nothing at %v", path[:i+1])
		}
	}
	return v
}

func load(t *testing.T, text any) config.Config {
	t.Helper()
	c, err := config.Parse("restante.toml", []byte(text.(string)))
	if err != nil {
		t.Fatal(err)
	}
	if c.Store.Engine != config.EnginePostgreSQL || c.Blobs.Engine == config.BlobsNone {
		t.Errorf("%+v, %+v", c.Store, c.Blobs)
	}
	return c
}

// ports are those of addresses.
func ports(t *testing.T, lists ...[]string) (all []string) {
	t.Helper()
	for _, list := range lists {
		for _, addr := range list {
			_, port, err := net.SplitHostPort(addr)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, port)
		}
	}
	return all
}

func TestCompose(t *testing.T) {
	doc := documents(t, "compose.yaml")[0]
	c := load(t, at(t, doc, "configs", "restante.toml", "content"))
	balancer := at(t, doc, "configs", "haproxy.cfg", "content").(string)
	for _, node := range []string{"node1", "node2", "node3"} {
		at(t, doc, "services", node, "image")
		for _, port := range ports(t, c.IMAP.Listen, c.IMAP.ListenTLS, c.LMTP.Listen) {
			if want := fmt.Sprintf("server %s %s:%s\n", node, node, port); !strings.Contains(balancer, want) {
				t.Errorf("the balancer has no %q", want)
			}
		}
	}
	if want := "check port " + ports(t, c.HTTP.Listen)[0]; !strings.Contains(balancer, want) {
		t.Errorf("the balancer has no %q", want)
	}
	subnet := at(t, doc, "networks", "inside", "ipam", "config", 0, "subnet").(string)
	if len(c.IMAPProxies().From) != 1 || c.IMAP.ProxyFrom[0] != subnet || c.LMTP.ProxyFrom[0] != subnet {
		t.Errorf("proxies %q are not the network %s", c.IMAP.ProxyFrom, subnet)
	}
	if secret := at(t, doc, "services", "node1", "secrets", 0); c.Store.PostgreSQL.PasswordFile != "/run/secrets/"+secret.(string) {
		t.Errorf("password in %s", c.Store.PostgreSQL.PasswordFile)
	}
	accepts(t, balancer)
	file, err := os.ReadFile("haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	accepts(t, string(file))
}

// TestComposeHasRoom: nodes may write where they have to, end in time, and all connect.
func TestComposeHasRoom(t *testing.T) {
	doc := documents(t, "compose.yaml")[0]
	c := load(t, at(t, doc, "configs", "restante.toml", "content"))
	node := at(t, doc, "services", "node1")
	grace, err := time.ParseDuration(at(t, node, "stop_grace_period").(string))
	if most := c.HTTP.DrainWait.Duration + c.Limits.ShutdownTime.Duration; err != nil || grace < most {
		t.Errorf("%v to end, but it may take %v: %v", grace, most, err)
	}
	image, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	mounts := map[string]bool{}
	for _, v := range at(t, node, "volumes").([]any) {
		_, dir, named := strings.Cut(v.(string), ":")
		if !named {
			dir = v.(string)
		}
		mounts[dir] = true
		// A new volume has the owner of the folder in the image.
		if !regexp.MustCompile(`(?m)^COPY --from=build --chown=10001:10001 .* ` + regexp.QuoteMeta(dir) + `$`).Match(image) {
			t.Errorf("the program may not write to %s", dir)
		}
	}
	for _, dir := range []string{c.Data, c.BlobsDir()} {
		if !mounts[dir] {
			t.Errorf("what is in %s does not outlive its container", dir)
		}
	}
	database := fmt.Sprint(at(t, doc, "services", "postgresql", "command"))
	_, after, _ := strings.Cut(database, "max_connections=")
	allowed, err := strconv.Atoi(strings.Trim(after, "]"))
	pg := c.Store.PostgreSQL
	if need := 3 * (pg.Readers + pg.Writers + 1); err != nil || allowed <= need+10 {
		t.Errorf("three nodes have %d connections, the database lets %d in: %v", need, allowed, err)
	}
}

// accepts has HAProxy check a configuration.
func accepts(t *testing.T, text string) {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program = "/usr/sbin/haproxy" // where Debian has it, which not everybody looks in
	}
	if _, err := os.Stat(program); err != nil {
		if pgtest.Required() {
			t.Fatal("HAProxy is not installed")
		}
		t.Log("HAProxy is not installed: its configuration is not checked")
		return
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(program, "-c", "-f", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// manifests are those for Kubernetes by their kinds, what they configure, the pod, and its
// ports by name.
func manifests(t *testing.T) (byKind map[string][]map[string]any, c config.Config, pod any, named map[string]string) {
	t.Helper()
	byKind, named = map[string][]map[string]any{}, map[string]string{}
	for _, doc := range documents(t, "kubernetes/restante.yaml") {
		at(t, doc, "apiVersion")
		at(t, doc, "metadata", "name")
		kind := doc["kind"].(string)
		byKind[kind] = append(byKind[kind], doc)
	}
	pod = at(t, byKind["Deployment"][0], "spec", "template", "spec")
	for _, p := range at(t, pod, "containers", 0, "ports").([]any) {
		named[at(t, p, "name").(string)] = fmt.Sprint(at(t, p, "containerPort"))
	}
	return byKind, load(t, at(t, byKind["ConfigMap"][0], "data", "restante.toml")), pod, named
}

func TestKubernetes(t *testing.T) {
	byKind, c, pod, named := manifests(t)
	for name, list := range map[string][]string{"imap": c.IMAP.Listen, "imaps": c.IMAP.ListenTLS, "lmtp": c.LMTP.Listen, "http": c.HTTP.Listen} {
		if named[name] != ports(t, list)[0] {
			t.Errorf("port %s is %s, the program listens on %q", name, named[name], list)
		}
	}
	for _, service := range byKind["Service"] {
		for _, p := range at(t, service, "spec", "ports").([]any) {
			if target := at(t, p, "targetPort").(string); named[target] == "" {
				t.Errorf("a service goes to port %s", target)
			}
		}
	}
	for probe, path := range map[string]string{"readinessProbe": "/readyz", "livenessProbe": "/livez"} {
		get := at(t, pod, "containers", 0, probe, "httpGet")
		if at(t, get, "path") != path || at(t, get, "port") != "http" {
			t.Errorf("%s asks %v", probe, get)
		}
	}
	var room int64
	for _, v := range at(t, pod, "volumes").([]any) {
		if at(t, v, "name") == "data" {
			gib, err := strconv.Atoi(strings.TrimSuffix(at(t, v, "emptyDir", "sizeLimit").(string), "Gi"))
			if err != nil {
				t.Fatal(err)
			}
			room = int64(gib) << 30
		}
	}
	if cache := int64(c.Blobs.Cache); room < cache+1<<30 {
		t.Errorf("a cache of %d bytes on a volume of %d", cache, room)
	}
	grace := at(t, pod, "terminationGracePeriodSeconds").(int)
	if float64(grace) < (c.HTTP.DrainWait.Duration + c.Limits.ShutdownTime.Duration).Seconds() {
		t.Errorf("%d seconds to end, but it may take %v and %v", grace, c.HTTP.DrainWait, c.Limits.ShutdownTime)
	}
	secret := at(t, byKind["Secret"][0], "stringData").(map[string]any)
	for _, file := range []string{c.Store.PostgreSQL.PasswordFile, c.Blobs.S3.Credentials} {
		if secret[filepath.Base(file)] == nil {
			t.Errorf("%s is in no secret", file)
		}
	}
	mounts := map[string]bool{}
	for _, m := range at(t, pod, "containers", 0, "volumeMounts").([]any) {
		mounts[at(t, m, "mountPath").(string)] = true
	}
	for _, dir := range []string{filepath.Dir(c.Store.PostgreSQL.PasswordFile), filepath.Dir(c.TLS.Keys[0]), c.Data} {
		if !mounts[dir] {
			t.Errorf("nothing is mounted at %s", dir)
		}
	}
}

// TestKubernetesWiring: what chooses nodes or names ports of them means those that there are.
func TestKubernetesWiring(t *testing.T) {
	byKind, _, _, named := manifests(t)
	if port := at(t, byKind["Deployment"][0], "spec", "template", "metadata", "annotations", "prometheus.io/port"); port != named["http"] {
		t.Errorf("metrics are asked for at port %v", port)
	}
	labels := fmt.Sprint(at(t, byKind["Deployment"][0], "spec", "template", "metadata", "labels"))
	for _, selector := range []any{
		at(t, byKind["Deployment"][0], "spec", "selector", "matchLabels"), at(t, byKind["PodDisruptionBudget"][0], "spec", "selector", "matchLabels"),
		at(t, byKind["NetworkPolicy"][0], "spec", "podSelector", "matchLabels"), at(t, byKind["Service"][0], "spec", "selector"),
		at(t, byKind["Service"][1], "spec", "selector"),
	} {
		if fmt.Sprint(selector) != labels {
			t.Errorf("the nodes have the labels %s, chosen are %v", labels, selector)
		}
	}
	for _, rule := range at(t, byKind["NetworkPolicy"][0], "spec", "ingress").([]any) {
		for _, p := range at(t, rule, "ports").([]any) {
			port := at(t, p, "port").(string)
			if named[port] == "" {
				t.Errorf("the policy lets in to port %s", port)
			}
			if rule, _ := rule.(map[string]any); port == "lmtp" && rule["from"] == nil {
				t.Error("anybody can deliver to anybody")
			}
		}
	}
}
