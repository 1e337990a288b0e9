"""What others say of the signed states: witnesses, time-stamping authorities, the copy that nobody can change."""
