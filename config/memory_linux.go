package config

import "syscall"

// memorySize answers the machine's memory in bytes, 0 if it cannot be told.
func memorySize() uint64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}
