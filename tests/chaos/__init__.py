"""Everything is killed at random while things happen: nothing may be lost or invented, and what comes twice is one."""
