# Boots a throwaway copy of this machine. Arguments: an empty folder, the project's folder, the folder of its Python.
# To be run as root under `unshare --mount`, so that nobody else sees what is mounted here and all of it goes with us.
set -eu
place=$1 project=$2 python=$3
if [ "$(readlink /proc/self/ns/mnt)" = "$(readlink /proc/$PPID/ns/mnt)" ]; then
    echo 'This is to be run under unshare --mount.' >&2
    exit 1
fi

mount --make-rprivate /
mount -t tmpfs tmpfs /run # where systemd-nspawn keeps its notes
mount -t tmpfs -o mode=755 tmpfs "$place"
cd "$place"

# The machine's root file system and the project, both as overlays: what is written goes into memory.
mkdir root upper work project-upper project-work
mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" overlay root
mkdir -p root/home/you/nkcrawl
mount -t overlay -o "lowerdir=$project,upperdir=$place/project-upper,workdir=$place/project-work" overlay \
    root/home/you/nkcrawl

# Nothing that the machine itself would start.
rm -rf root/etc/systemd/system root/etc/cron.d root/var/spool/cron/crontabs/* root/etc/logrotate.d
mkdir root/etc/systemd/system root/etc/cron.d root/etc/logrotate.d
: > root/etc/crontab
echo 'EXTRA_OPTS="-L 15"' > root/etc/default/cron # cron then logs exit codes

# The user of the page, its project folder, and mail that goes nowhere.
chroot root useradd --no-create-home --shell /bin/bash you
mkdir root/mail
chmod 1777 root/mail
printf '#!/bin/sh\ncat > "$(mktemp /mail/XXXXXX)"\n' > root/usr/sbin/sendmail.stand-in
chmod 755 root/usr/sbin/sendmail.stand-in
mv -f root/usr/sbin/sendmail.stand-in root/usr/sbin/sendmail
cd root/home/you/nkcrawl
grep -rlIF "$project/" .venv/bin .venv/lib/python3*/site-packages/__editable__* |
    xargs sed -i "s,$project/,/home/you/nkcrawl/,g"
rm -rf data
mkdir data
chroot "$place/root" chown you: /home/you /home/you/nkcrawl/data
while [ "$python" != / ]; do # it may be in root's home
    chmod a+x "$place/root$python"
    python=$(dirname "$python")
done
cd "$place"

# Control groups of its own, one in each hierarchy that systemd looks at.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    if [ -e $hierarchy/cgroup.procs ]; then
        mkdir -p $hierarchy/nkcrawl-recipes-$$
        echo $$ > $hierarchy/nkcrawl-recipes-$$/cgroup.procs
    fi
done

exec systemd-nspawn --directory="$place/root" --machine=recipes --private-network --register=no --keep-unit \
    --link-journal=no --console=pipe --boot
