package config

import "time"

// HTTP is where balancers and Prometheus ask how the server does.
type HTTP struct {
	Listen    []string `toml:"listen" comment:"host:port or unix:PATH, such as \"127.0.0.1:8143\": /livez, /readyz, and /metrics for Prometheus.\nThere is no login, so let it not be seen from outside. Empty: nowhere."`
	DrainWait Duration `toml:"drain_wait" comment:"How long a server that is being stopped still takes connections while /readyz says no, so that\na balancer can take it out first."`
}

// http checks it.
func (p *problems) http(h HTTP) {
	p.addresses("http.listen", h.Listen)
	if h.DrainWait.Duration > 10*time.Minute {
		p.addf("http.drain_wait", "%v is more than 10m", h.DrainWait)
	}
}
