"""What Tests/Guest/run and Tests/Guest/consoles share: a distribution's kernel with a small file system,
booted under QEMU with an Intel IOMMU.

Kernel and shell are Debian's packages, fetched once into .build-guest and unpacked there; nothing is installed
on this machine. The guest runs under emulation, so it needs no virtualisation of the machine.
"""

import json
import lzma
import os
import re
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "Tests", "Guest")
FOLDER = os.path.join(ROOT, ".build-guest")
LAST = os.path.join(FOLDER, "last")
MEMORY_MIB = 512
DISK_MIB = 128
GUEST_SECONDS = 600
MODULES = ["nvme", "e1000e", "crct10dif_generic", "crc64_rocksoft_generic"]


def skip(words):
    print(f"The test on a live guest is skipped: {words}.")
    sys.exit(0)


def need_tools():
    for tool in ["qemu-system-x86_64", "cc", "apt-get", "dpkg"]:
        if not shutil.which(tool):
            skip(f"{tool} is not there")


# -- what the guest is made of

# The kernels: where apt finds each, as the machine's own sources or a suite of Debian's.
SUITES = {"6.1": None, "6.12": "trixie", **dict.fromkeys(
    ["6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"], "trixie-backports")}
TOOLS = ["busybox-static", "libkdumpfile10", "libkdumpfile-dev", "liblzo2-2", "libsnappy1v5"]


def apt_options(suite):
    """What makes apt read a suite of Debian's that the machine does not follow, in a folder of its own."""
    if suite is None:
        return []
    folder = os.path.join(FOLDER, "apt-" + suite)
    configuration = os.path.join(folder, "apt.conf")
    if not os.path.exists(configuration):
        for name in ["lists/partial", "cache/archives/partial", "parts"]:
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        with open(os.path.join(folder, "sources.list"), "w") as file:
            file.write(f"deb http://deb.debian.org/debian {suite} main\n")
        with open(configuration + ".new", "w") as file:
            file.write(f"""Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "{folder}/parts";
Dir::Etc::preferencesparts "{folder}/parts";
""")
        done = subprocess.run(["apt-get", "-c", configuration + ".new", "-q", "update"], capture_output=True)
        if done.returncode:
            skip(f"the list of {suite} could not be fetched")
        os.rename(configuration + ".new", configuration)
    return ["-c", configuration]


def fetch(folder, options, names):
    """Packages, unpacked; nothing is installed on this machine."""
    new = folder + ".new"
    shutil.rmtree(new, ignore_errors=True)
    os.makedirs(new)
    download = ["apt-get", *options, "-q", "download", *names]
    # Lists that are older than the archive name packages that are gone.
    if subprocess.run(download, cwd=new, capture_output=True).returncode and (
            subprocess.run(["apt-get", *options, "-q", "update"], capture_output=True).returncode
            or subprocess.run(download, cwd=new, capture_output=True).returncode):
        skip(f"{', '.join(names)} could not be fetched")
    for name in sorted(os.listdir(new)):
        if name.endswith(".deb"):
            subprocess.run(["dpkg", "-x", name, "."], cwd=new, check=True)
            os.remove(os.path.join(new, name))
    os.rename(new, folder)


def fetch_tools():
    """A shell for the guest, and the library that judges our reader of dumps."""
    folder = os.path.join(FOLDER, "tools")
    if not os.path.isdir(folder):
        fetch(folder, [], TOOLS)
    return folder


def fetch_kernel(release):
    """The newest kernel of a release that Debian has."""
    folder = os.path.join(FOLDER, "kernel-" + release)
    if os.path.isdir(folder):
        return folder
    options = apt_options(SUITES[release])
    pattern = rf"^linux-image-{re.escape(release)}\.[0-9]+[0-9.+deb-]*-amd64$"
    found = subprocess.run(["apt-cache", *options, "search", "--names-only", pattern], capture_output=True, text=True)
    names = [line.split()[0] for line in found.stdout.splitlines()]
    if not names:
        skip(f"apt knows no linux-image of {release}")
    newest = max(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    # Newer packages of Debian's only name those that hold the kernel and its modules. A name in angle brackets
    # is that of no package, only of what another one provides.
    depends = subprocess.run(["apt-cache", *options, "depends", newest], capture_output=True, text=True).stdout
    fetch(folder, options, [newest, *re.findall(r" (linux-(?:binary|modules)-[^\s<>]+)", depends)])
    return folder


def module_files(packages):
    """The modules that the guest loads, with those that they need, by what the modules say themselves: paths
    below lib/modules and what stands there, unpacked."""
    files = {}
    for folder, _, names in os.walk(packages):
        for name in names:
            if found := re.fullmatch(r"(.*)\.ko(\.xz)?", name):
                files[found[1].replace("-", "_")] = os.path.join(folder, name)
    wanted, chosen = list(MODULES), {}
    while wanted:
        name = wanted.pop()
        if name in chosen or name not in files:
            continue
        with open(files[name], "rb") as file:
            content = file.read()
        path = files[name][files[name].index("lib/modules/"):]
        if path.endswith(".xz"):
            path, content = path[:-3], lzma.decompress(content)
        chosen[name] = (path, content)
        needs = re.search(rb"depends=([\w,-]*)\0", content)
        if needs and needs[1]:
            wanted += [need.replace("-", "_") for need in needs[1].decode().split(",")]
    return chosen.values()


def make_initramfs(tools, kernel, program):
    """The guest's file system: busybox, the modules, init and edu, and the program with its libraries if
    there is one to try. The kernel is a folder of unpacked packages, or a file that needs no modules."""
    root = os.path.join(LAST, "root")
    for name in ["bin", "usr/bin", "etc", "proc", "sys", "dev", "lib64", "root"]:
        os.makedirs(os.path.join(root, name))
    busybox = os.path.join(tools, "bin", "busybox")
    shutil.copy(busybox, os.path.join(root, "bin", "busybox"))
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True).stdout.split():
        link = os.path.join(root, "bin", applet)
        if not os.path.lexists(link):
            os.symlink("busybox", link)
    # su asks for users; busybox's needs no password for root's own.
    with open(os.path.join(root, "etc", "passwd"), "w") as file:
        file.write("root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n")
    with open(os.path.join(root, "etc", "group"), "w") as file:
        file.write("root:x:0:\nuser:x:1000:\n")
    if program:
        target = os.path.join(root, "usr", "bin", "dmar")
        subprocess.run(["strip", "-o", target, program], check=True)
        os.chmod(target, 0o755)
        libraries = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
        for library in re.findall(r"(/\S+) \(0x", libraries):
            goal = root + library
            os.makedirs(os.path.dirname(goal), exist_ok=True)
            shutil.copy(os.path.realpath(library), goal)
    for path, content in module_files(kernel) if os.path.isdir(kernel) else []:
        goal = os.path.join(root, path)
        os.makedirs(os.path.dirname(goal), exist_ok=True)
        with open(goal, "wb") as file:
            file.write(content)
    for name in ["init", "console.sh"]:
        shutil.copy(os.path.join(HERE, name), os.path.join(root, name))
    subprocess.run(["cc", "-O1", "-static", "-Wall", "-Werror", "-o", os.path.join(root, "bin", "edu"),
                    os.path.join(HERE, "edu.c")], check=True)
    image = os.path.join(LAST, "initramfs")
    with open(image, "wb") as file:
        names = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
        subprocess.run([busybox, "cpio", "-o", "-H", "newc"], cwd=root, input=names, stdout=file,
                       stderr=subprocess.DEVNULL, check=True)
    shutil.rmtree(root)
    return image


# -- the guest

class Monitor:
    """QEMU's monitor: one command at a time, events passed over."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(1200):
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


def run_guest(name, kernel, image, devices, words, limit=GUEST_SECONDS):
    """Boots one guest and takes its images when it asks for them. Gives the folder of what it left, whether it
    came to its end, and the seconds that it took."""
    folder = os.path.join(LAST, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    disk, console = os.path.join(folder, "disk"), os.path.join(folder, "console")
    with open(disk, "wb") as file:
        file.truncate(DISK_MIB << 20)
    binary = kernel if os.path.isfile(kernel) else next(
        os.path.join(place, file) for place, _, files in os.walk(kernel) for file in files
        if file.startswith("vmlinuz"))
    # A path of a socket is at most 107 bytes long, so that it is named from the folder.
    command = ["qemu-system-x86_64", "-M", "q35,kernel-irqchip=split", "-accel", "tcg", "-cpu",
               "Haswell-noTSX", "-m", str(MEMORY_MIB), "-display", "none", "-nodefaults", "-no-reboot",
               "-chardev", "socket,id=c,path=line,server=on,wait=off,logfile=console", "-serial", "chardev:c",
               "-qmp", "unix:monitor,server=on,wait=off",
               *devices, "-netdev", "user,id=n,restrict=on", "-device", "e1000e,netdev=n,addr=2,romfile=",
               "-drive", "file=disk,if=none,id=d,format=raw", "-device", "nvme,drive=d,serial=guest,addr=6",
               "-kernel", binary, "-initrd", image, "-append",
               "console=ttyS0 panic=-1 no_timer_check " + words]
    begin = time.monotonic()
    guest = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                             stderr=open(os.path.join(folder, "errors"), "wb"))
    before = os.getcwd()
    os.chdir(folder)
    try:
        monitor = Monitor("monitor")
        line = socket.socket(socket.AF_UNIX)
        line.connect("line")
        line.settimeout(1)
        said, asked = b"", False
        while guest.poll() is None and time.monotonic() - begin < limit:
            try:
                got = line.recv(65536)
                if not got:
                    break
                said += got
            except TimeoutError:
                pass
            if b"guest: image" in said and not asked:
                asked = True
                monitor("stop")
                monitor("dump-guest-memory", paging=False, protocol="file:" + os.path.join(folder, "core"))
                monitor("dump-guest-memory", paging=False, format="kdump-zlib",
                        protocol="file:" + os.path.join(folder, "kdump"))
                monitor("pmemsave", val=0, size=MEMORY_MIB << 20, filename=os.path.join(folder, "raw"))
                monitor("cont")
                line.sendall(b"\n")
        guest.wait(timeout=30)
    except (subprocess.TimeoutExpired, OSError, ValueError) as error:
        # The guest has not come to its end, which its caller tells.
        print(f"the guest's monitor: {error}", file=sys.stderr)
    finally:
        os.chdir(before)
        if guest.poll() is None:
            guest.kill()
            guest.wait()
    done = "guest: done" in last_words(folder)
    return folder, done, time.monotonic() - begin


def last_words(folder):
    """The last lines of a guest's console."""
    try:
        with open(os.path.join(folder, "console"), errors="replace") as file:
            return "\n".join(file.read().splitlines()[-20:])
    except OSError:
        return ""
