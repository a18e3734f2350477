# Installs lls on Windows, once a release has a build for it: downloads the archive of a release, compares it with its
# SHA-256, and puts the program into a folder of yours. Needs no administrator, and changes nothing else.
#
#   irm https://github.example.com/acme/lls/releases/latest/download/install.ps1 | iex
#
# LLS_VERSION, LLS_INSTALL_DIR, LLS_SHA256 and LLS_DOWNLOAD_URL mean what they do for install.sh.
& {
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    $repository = 'https://github.example.com/acme/lls'
    $version = if ($env:LLS_VERSION) { $env:LLS_VERSION.TrimStart('v') } else { '0.1.0' }
    if ($version -notmatch '^[0-9A-Za-z.+-]+$') { throw "``$version`` is not a version" }
    $folder = if ($env:LLS_INSTALL_DIR) { $env:LLS_INSTALL_DIR } else { Join-Path $HOME '.local\bin' }
    $downloads = if ($env:LLS_DOWNLOAD_URL) { $env:LLS_DOWNLOAD_URL } else { "$repository/releases/download" }
    $name = "lls-$version-x86_64-pc-windows-msvc"

    New-Item -ItemType Directory -Force -Path $folder | Out-Null
    $temporary = Join-Path $folder (".lls-install." + [System.IO.Path]::GetRandomFileName())
    New-Item -ItemType Directory -Path $temporary | Out-Null
    try {
        $expected = $env:LLS_SHA256
        if (-not $expected) {
            $sums = (Invoke-WebRequest -UseBasicParsing "$downloads/v$version/SHA256SUMS").Content
            if ($sums -is [byte[]]) { $sums = [System.Text.Encoding]::UTF8.GetString($sums) }
            $line = $sums -split "`n" | Where-Object { $_ -match "^[0-9a-f]{64}  $([regex]::Escape($name))\.zip\s*$" }
            if (-not $line) {
                throw "lls $version has no build for Windows yet; use WSL, or build it from source: $repository"
            }
            $expected = ($line -split ' ')[0]
        }
        $archive = Join-Path $temporary 'archive.zip'
        Invoke-WebRequest -UseBasicParsing "$downloads/v$version/$name.zip" -OutFile $archive
        $found = (Get-FileHash -Algorithm SHA256 $archive).Hash.ToLowerInvariant()
        if ($found -ne $expected.ToLowerInvariant()) {
            throw "$name.zip has another SHA-256 than expected ($expected): $found; nothing was installed"
        }
        Expand-Archive -Path $archive -DestinationPath $temporary
        $program = Join-Path $temporary "$name\lls.exe"
        & $program --version | Out-Null
        if ($LASTEXITCODE -ne 0) { throw "lls $version does not run on this machine" }
        Move-Item -Force $program (Join-Path $folder 'lls.exe')
        Write-Host "Installed lls $version to $(Join-Path $folder 'lls.exe')"
        if (($env:PATH -split [System.IO.Path]::PathSeparator) -notcontains $folder) {
            Write-Host "hint: $folder is not on PATH"
        }
    } finally {
        Remove-Item -Recurse -Force $temporary
    }
}
