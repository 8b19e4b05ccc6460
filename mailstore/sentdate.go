package mailstore

import "github.com/restante/restante/message"

// sentDate is what a summary's Date field says, or the internal date where it says
// nothing (RFC 5256 §2.2).
func sentDate(s message.Summary, internal Time) Time {
	if unix, zone, ok := s.SentDate(); ok {
		return Time{Unix: unix, Zone: int16(zone)}
	}
	return internal
}

// sentDays matches by the calendar day on which messages were sent, as sentDate has
// it.
func sentDays(since, before Day) plan {
	from, to := since.from(), before.until()
	return pagePlan{func(p *Page, out *pageMask) {
		delays, zones := p.Delays(), p.SentZones()
		for i, v := range p.InternalDates() {
			v += int64(zones[i])*60 - delays[i]
			out[i>>6] |= bit(v >= from && v < to, i)
		}
	}}
}

// sentDates gives the sent date of each message as a word that compares as it does.
func (l *messageList) sentDates() []uint64 {
	return l.numbers(func(p *Page, dst []uint64) {
		delays := p.Delays()
		for i, v := range p.InternalDates() {
			dst[i] = orderedBits(v - delays[i])
		}
	})
}
