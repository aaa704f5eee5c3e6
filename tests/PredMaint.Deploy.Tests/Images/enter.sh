# Runs a program in a root like the image's: enter.sh ROOT FILES DOTNET UID COMMAND... Everything in it is read-only but /tmp, and all
# mounts are this process's own. Started by `unshare --mount`.
set -eu
root=$1 files=$2 dotnet=$3 uid=$4
shift 4
# Temporary folders are their maker's alone, an image's are not.
chmod 755 "$root" "$files"
mount --bind "$root" "$root"
mount --bind "$files" "$root/app"
mount --bind "$dotnet" "$root/usr/share/dotnet"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
for place in "" /app /usr/share/dotnet; do mount -o remount,bind,ro "$root$place"; done
exec chroot --userspec="$uid:$uid" --groups="$uid" "$root" "$@"
